"""AssumeRoleWithWebIdentity as AWS answers it: by the account's identity providers and the role's trust policy.

moto gives credentials for any role to anybody. Here the token must be one that the embedded HCP Terraform signed; the
account must have an identity provider for its issuer and audience; the role must exist and trust the token's subject.
"""

import fnmatch
import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.iam.models import iam_backends
from moto.sts.exceptions import STSClientError
from moto.sts.responses import TokenResponse

Claims = Callable[[str], Mapping[str, object] | None]


def check_tokens(claims_of: Claims) -> None:
    """Make moto ask `claims_of` who signed a token before it assumes a role. Call once in a process."""
    answer = TokenResponse.assume_role_with_web_identity

    def checked(self: Any) -> Any:
        _check(claims_of, str(self._get_param("RoleArn")), str(self._get_param("WebIdentityToken")))
        return answer(self)

    TokenResponse.assume_role_with_web_identity = checked  # type: ignore[method-assign]


def _check(claims_of: Claims, role_arn: str, token: str) -> None:
    claims = claims_of(token)
    if claims is None:
        raise STSClientError("InvalidIdentityToken", "No OpenIDConnect provider found in your account for the issuer")
    issuer, audience = str(claims["iss"]).removeprefix("https://"), str(claims["aud"])
    _, partition, _, _, account, resource = role_arn.split(":", 5)
    backend = iam_backends[account][partition]
    provider = next((one for one in backend.open_id_providers.values() if one.url.rstrip("/") == issuer), None)
    if provider is None:
        raise STSClientError(
            "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for https://{issuer}"
        )
    if audience not in provider.client_id_list:
        raise STSClientError("InvalidIdentityToken", "Incorrect token audience")
    name = resource.rsplit("/", 1)[-1]
    role = next((one for one in backend.roles.values() if one.name == name and one.arn == role_arn), None)
    values = {f"{issuer}:{name}": str(claims[name]) for name in ("aud", "sub")}
    if role is None or not _trusts(json.loads(role.assume_role_policy_document), provider.arn, values):
        raise STSClientError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")


def _trusts(policy: Mapping[str, Any], provider: str, values: Mapping[str, str]) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and "sts:AssumeRoleWithWebIdentity" in _list(statement["Action"])
        and provider in _list(statement.get("Principal", {}).get("Federated"))
        and all(
            _is_met(operator, _list(wanted), values.get(key, ""))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
        for statement in _list(policy["Statement"])
    )


def _is_met(operator: str, wanted: list[str], value: str) -> bool:
    if operator == "StringEquals":
        return value in wanted
    if operator == "StringLike":
        return any(fnmatch.fnmatchcase(value, pattern) for pattern in wanted)
    raise NotImplementedError(f"the condition operator {operator} in a role's trust policy")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
