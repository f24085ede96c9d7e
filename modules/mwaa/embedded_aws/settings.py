"""The settings of the embedded AWS, which the command line passes to the server process."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from mwaa.aws_facts.quotas import QUOTAS


@dataclass(frozen=True, slots=True)
class EmbeddedSettings:
    """How long Amazon MWAA takes here (seconds), and quotas that differ from AWS's defaults.

    `grace_seconds` is how long an environment that cannot start stays as it is. AWS looks half an hour after the
    request, when everything that arrives later in the same apply (a NAT gateway, a route, a policy) is there.

    `quotas` maps a name in `mwaa.aws_facts.QUOTAS` to the quota to enforce instead of its default.
    Raises ValueError on a negative number or an unknown name.
    """

    create_seconds: float = 2.0
    update_seconds: float = 2.0
    delete_seconds: float = 1.0
    grace_seconds: float = 60.0
    quotas: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("create_seconds", "update_seconds", "delete_seconds", "grace_seconds"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 0 or more seconds")
        for name, value in self.quotas.items():
            if name not in QUOTAS:
                raise ValueError(f'there is no quota "{name}"; there are {", ".join(sorted(QUOTAS))}')
            if value < 0:
                raise ValueError(f"quota {name} is {value}; expected 0 or more")

    def quota(self, name: str) -> int:
        """Return the quota to enforce."""
        return self.quotas.get(name, QUOTAS[name].default)

    def to_json(self) -> str:
        return json.dumps(asdict(self) | {"quotas": dict(self.quotas)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "EmbeddedSettings":
        return cls(**json.loads(text))
