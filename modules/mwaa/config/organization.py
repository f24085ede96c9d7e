"""What an organization decides of every workspace: how names are formed, and which tags the project adds."""

import re
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mwaa.config.errors import Problem, refuse, refuse_all, show
from mwaa.config.types import Text


class _Pattern:
    """A validator for a pattern of names; `needed` are the placeholders that it must have once."""

    def __init__(self, characters: str, words: str, needed: tuple[str, ...]) -> None:
        self._literal = re.compile(f"{characters}*")
        self._needed = needed
        must = " and ".join(f"{{{one}}}" for one in needed)
        self.expected = f"{words} with {must} once, and if wanted {{account}} and {{region}}"

    def __call__(self, value: object) -> object:
        if not isinstance(value, str):
            raise refuse(value, self.expected)
        known = (*self._needed, "account", "region")
        found = re.findall(r"\{(\w*)\}", value)
        if unknown := [one for one in found if one not in known]:
            raise refuse(value, self.expected, f"write the text itself in place of {{{unknown[0]}}}")
        if wrong := [one for one in self._needed if found.count(one) != 1]:
            fix = f"{'add' if wrong[0] not in found else 'keep only one'} {{{wrong[0]}}}"
            raise refuse(value, self.expected, fix)
        if not self._literal.fullmatch(re.sub(r"\{\w+\}", "", value)):
            raise refuse(value, self.expected)
        return value


_NAME = _Pattern("[A-Za-z0-9_-]", "letters, digits, - and _", ("workspace", "kind"))
_BUCKET = _Pattern("[a-z0-9-]", "lowercase letters, digits and -", ("workspace",))
_LOG_GROUP = _Pattern("[A-Za-z0-9_/.#-]", "letters, digits and -_/.#", ("workspace", "kind"))
_TAG_KEY = Text(
    "a key of 1-128 letters, digits, spaces and _.:/=+-@, not beginning with aws:, or None",
    r"(?![aA][wW][sS]:)[\w .:/=+@-]{1,128}",
)
TagKey = Annotated[str, BeforeValidator(_TAG_KEY)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Naming(_Part):
    """How the names of what a workspace makes are formed. A change replaces what bears the name."""

    pattern: Annotated[str, BeforeValidator(_NAME)] = Field(
        default="mwaa-{workspace}-{kind}",
        description="Names of roles, rules, builds, security groups and `Name` tags. Environment, pipeline and key "
        "alias have no kind: it is left out there with its separator.",
    )
    source_bucket: Annotated[str, BeforeValidator(_BUCKET)] = Field(
        default="airflow-{workspace}-{account}-{region}", description="Name of the source bucket."
    )
    artifact_bucket: Annotated[str, BeforeValidator(_BUCKET)] = Field(
        default="mwaa-ci-{workspace}-{account}-{region}", description="Name of the pipeline's artifact bucket."
    )
    log_group: Annotated[str, BeforeValidator(_LOG_GROUP)] = Field(
        default="/mwaa/{workspace}/{kind}",
        description="Names of the log groups of flow logs and builds. MWAA itself names those of the environment.",
    )


class OwnTags(_Part):
    """The keys of the tags that this project adds; None leaves a tag out."""

    managed_by: TagKey | None = Field(default="managed-by", description="Key of the tag with the value terraform.")
    workspace: TagKey | None = Field(default="workspace", description="Key of the tag with the workspace's name.")
    name: TagKey | None = Field(
        default="Name",
        description="Key of the tag with the name of a resource. `NetworkOf` finds a network by it.",
    )

    @model_validator(mode="after")
    def _keys_are_different(self) -> Self:
        taken: dict[str, str] = {}
        for field in ("managed_by", "workspace", "name"):
            if (key := getattr(self, field)) is None:
                continue
            if key.lower() in taken:
                expected = f"another key than that of {taken[key.lower()]}: IAM ignores case"
                raise refuse_all([Problem(field, show(key), expected)])
            taken[key.lower()] = field
        return self

    @property
    def keys(self) -> list[str]:
        """The keys of the tags that every resource has."""
        return [key for key in (self.managed_by, self.workspace) if key]


def form_name(pattern: str, *, workspace: str, kind: str = "", account: str, region: str) -> str:
    """Return the name that a pattern gives. An empty kind is left out with the separator beside it."""
    if not kind:
        pattern = re.sub(r"[-_/.]\{kind\}|\{kind\}[-_/.]?", "", pattern)
    return pattern.format(workspace=workspace, kind=kind, account=account, region=region)
