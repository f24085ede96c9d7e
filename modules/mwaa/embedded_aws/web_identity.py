"""AssumeRoleWithWebIdentity as AWS answers it: by the account's identity providers and the role's trust policy.

moto gives credentials for any role to anybody. Here the account must have an identity provider for the token's issuer
and audience; the issuer must have signed it, with a key that it publishes (the issuer may be an embedded HCP
Terraform); the role must exist and trust the token's subject.
"""

import fnmatch
import json
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jwt
from moto.iam.models import iam_backends
from moto.sts.exceptions import STSClientError
from moto.sts.responses import TokenResponse

Keys = Callable[[str], dict[str, Any]]
"""Returns the key set (JWKS) of an issuer such as https://gitlab.com. Raises OSError or ValueError if it has none."""

_SECONDS = 10
_ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
"""Source: IAM user guide, "Create an OpenID Connect identity provider", prerequisites."""


def check_tokens(keys_of: Keys) -> None:
    """Make moto check a token, with the keys of its issuer, before it assumes a role. Call once in a process."""
    answer = TokenResponse.assume_role_with_web_identity

    def checked(self: Any) -> Any:
        _check(keys_of, str(self._get_param("RoleArn")), str(self._get_param("WebIdentityToken")))
        return answer(self)

    TokenResponse.assume_role_with_web_identity = checked  # type: ignore[method-assign]


def fetch_keys(issuer: str, authorities: Path) -> dict[str, Any]:
    """Return the key set that an issuer publishes, as AWS finds it: by OpenID Connect Discovery.

    `authorities` is a file of those that may have signed its certificate. Raises OSError or ValueError.
    """
    context = ssl.create_default_context(cafile=authorities)

    def get(address: str) -> Any:
        with urllib.request.urlopen(address, timeout=_SECONDS, context=context) as answer:
            return json.load(answer)

    configuration = get(f"{issuer}/.well-known/openid-configuration")
    if not isinstance(configuration, dict) or "jwks_uri" not in configuration:
        raise ValueError(f"{issuer} names no key set")
    keys: dict[str, Any] = get(str(configuration["jwks_uri"]))
    return keys


def _check(keys_of: Keys, role_arn: str, token: str) -> None:
    issuer, audience = _addressed(token)
    _, partition, _, _, account, resource = role_arn.split(":", 5)
    backend = iam_backends[account][partition]
    provider = next((one for one in backend.open_id_providers.values() if one.url.rstrip("/") == issuer), None)
    if provider is None:
        raise STSClientError(
            "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for https://{issuer}"
        )
    if audience not in provider.client_id_list:
        raise STSClientError("InvalidIdentityToken", "Incorrect token audience")
    claims = _verified(token, keys_of, f"https://{issuer}")
    name = resource.rsplit("/", 1)[-1]
    role = next((one for one in backend.roles.values() if one.name == name and one.arn == role_arn), None)
    values = {f"{issuer}:{name}": str(claims[name]) for name in ("aud", "sub")}
    if role is None or not _trusts(json.loads(role.assume_role_policy_document), provider.arn, values):
        raise STSClientError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")


def _addressed(token: str) -> tuple[str, str]:
    """Return what a token itself says: issuer, without https://, and audience."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        return str(claims["iss"]).removeprefix("https://").rstrip("/"), str(claims["aud"])
    except (jwt.InvalidTokenError, KeyError):
        raise STSClientError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from None


def _verified(token: str, keys_of: Keys, issuer: str) -> Mapping[str, Any]:
    """Return the claims of a token that its issuer signed and that has not expired."""
    try:
        keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(keys_of(issuer)).keys}
    except (OSError, ValueError, jwt.PyJWTError):
        message = "Couldn't retrieve verification key from your identity provider"
        raise STSClientError("InvalidIdentityToken", message) from None
    key = keys.get(jwt.get_unverified_header(token).get("kid"))
    try:
        if key is None:
            raise jwt.InvalidTokenError
        return jwt.decode(token, key, algorithms=_ALGORITHMS, options={"verify_aud": False})
    except jwt.ExpiredSignatureError:
        raise STSClientError("ExpiredTokenException", "Token expired") from None
    except jwt.InvalidTokenError:
        raise STSClientError("InvalidIdentityToken", "Couldn't verify the signature of the token") from None


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
