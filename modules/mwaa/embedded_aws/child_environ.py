"""Environments for child processes: their AWS clients reach the embedded AWS, and never the real one."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from mwaa.config.synthesis_target import EMBEDDED
from mwaa.embedded_aws import accounts, server_state
from mwaa.embedded_hcp import server_files

_HARMLESS = {"AWS_PAGER", "AWS_DEFAULT_OUTPUT", "AWS_CLI_AUTO_PROMPT"}
"""The variables of AWS's tools that say nothing about credentials and endpoints."""
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")
_ALWAYS_REMOVED = (
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "BOTO_CONFIG",
)
"""Named although `AWS_*` covers them: the printed exports also clean a shell other than the one that asked."""


def child_variables(folder: Path, instance: str, proxy: str, account: str, region: str) -> dict[str, str]:
    """Return the variables that point every AWS client at one embedded AWS, seen from `account`.

    `folder` is the server's, `instance` its id and `proxy` its address. Raises ValueError unless `account` is twelve
    digits.
    """
    empty = str(folder / server_state.CONFIG)
    bundle = str(folder / server_state.BUNDLE)
    return {
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
        "http_proxy": proxy,
        "https_proxy": proxy,
        # This machine only: no pattern here can match a host of AWS.
        "NO_PROXY": "localhost,127.0.0.1,::1",
        "no_proxy": "localhost,127.0.0.1,::1",
        "AWS_CA_BUNDLE": str(folder / server_state.AUTHORITY),
        # AWS's samples for the webserver of MWAA use Python's requests, and curl.
        "REQUESTS_CA_BUNDLE": bundle,
        "CURL_CA_BUNDLE": bundle,
        # Terraform's own connections: to HCP Terraform, and to registries through the proxy. Go reads it on Linux only.
        "SSL_CERT_FILE": bundle,
        **hcp_tokens(folder),
        "AWS_ACCESS_KEY_ID": accounts.access_key(account),
        "AWS_SECRET_ACCESS_KEY": accounts.SECRET,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": empty,
        "AWS_SHARED_CREDENTIALS_FILE": empty,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        EMBEDDED: instance,
    }


def hcp_tokens(folder: Path) -> dict[str, str]:
    """Return the variables in which Terraform finds the token of the embedded HCP Terraform, one for each host."""
    token = server_files.read_token(folder)
    return {server_files.token_variable(host): token for host in server_files.hosts(folder)} if token else {}


def seal(base: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """Return `base` without the variables of AWS's tools (profiles, tokens, roles, endpoints), and with `variables`."""
    removed = set(_removed_names(base))
    return {name: value for name, value in base.items() if name not in removed} | dict(variables)


def shell_lines(base: Mapping[str, str], variables: Mapping[str, str]) -> list[str]:
    """Return the shell lines, for `eval`, that do to the environment `base` what `seal` does."""
    unset = sorted({*_removed_names(base), *_ALWAYS_REMOVED, *_PROXIES} - variables.keys())
    return [
        *(f"unset {name}" for name in unset),
        *(f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items())),
    ]


def server_environ(base: Mapping[str, str]) -> dict[str, str]:
    """Return the user's environment without AWS (moto asks botocore for regions) and without settings of moto.

    The user's proxy stays, because the server relays through it; unless it is an embedded AWS, which would relay to
    itself.
    """
    removed = {name for name in base if name.upper().startswith(("AWS_", "MOTO_", "BOTO_"))}
    if EMBEDDED in base:
        removed |= {EMBEDDED, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", *_PROXIES}
    return {name: value for name, value in base.items() if name not in removed}


def _removed_names(base: Mapping[str, str]) -> list[str]:
    return [
        name
        for name in base
        if (name.upper().startswith(("AWS_", "TF_TOKEN_", "TFE_")) and name not in _HARMLESS)
        or name in ("BOTO_CONFIG", "SSL_CERT_FILE")
        or name in _PROXIES
    ]
