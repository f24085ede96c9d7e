"""The state of a workspace on the embedded AWS where the workspace keeps it: the emulated S3, or HCP Terraform."""

import json
from collections.abc import Mapping
from pathlib import Path

from mwaa import files
from mwaa.config import HcpTerraform, S3Backend, Workspace
from mwaa.embedded_aws import Embedded
from mwaa.embedded_hcp import server_files
from mwaa.embedded_hcp.server_files import RunTerraform
from mwaa.local.terraform import Terraform
from mwaa.local.terraform_state import count_managed
from mwaa.operations import hcp, state_bucket
from mwaa.operations.hcp import HcpVariable
from mwaa.progress import Report, Step
from mwaa.project_layout import EMBEDDED_STATE

_PLACE = ".place.json"
"""End of the name of the file that says where the state of a workspace is, where it is not in a file."""

_RUN_VARIABLES = (
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_SHARED_CREDENTIALS_FILE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "TF_CLI_CONFIG_FILE",
)
"""What a remote run gets of the sealed environment: the way to the embedded AWS, and no credentials."""


def prepare(
    root: Path, here: Embedded, workspace: Workspace, terraform: Terraform, environ: Mapping[str, str], report: Report
) -> None:
    """Make what the workspace's backend needs before Terraform starts: the state bucket, or the HCP workspace.

    Raises AccessError where one that exists is not ours.
    """
    match workspace.backend:
        case S3Backend() as backend:
            client = here.client("s3", workspace.account, backend.region or workspace.region)
            _remember(
                root,
                workspace,
                {
                    "bucket": backend.bucket,
                    "key": backend.key or "",
                    "state_region": backend.region or workspace.region,
                },
            )
            if state_bucket.create(backend, client, workspace.account).missing:
                report(Step(f"made the state bucket {backend.bucket} on the embedded AWS"))
        case HcpTerraform() as backend:
            report(Step(f"{backend.hostname}: workspace {backend.organization}/{backend.workspace}"))
            _remember(
                root,
                workspace,
                {
                    "hostname": backend.hostname,
                    "organization": backend.organization,
                    "workspace": backend.workspace or "",
                },
            )
            shared = {name: environ[name] for name in _RUN_VARIABLES if name in environ}
            runs = RunTerraform(terraform.path.resolve(), str(terraform.version), shared)
            server_files.configure(here.folder, runs, [backend.hostname])
            sealed = here.environ(workspace.account, workspace.region, {})
            variables = hcp.variables_of(workspace) or _embedded_keys(sealed)
            hcp.sync(workspace, hcp.connect(backend.hostname, sealed), variables)


def count_shared(root: Path, here: Embedded) -> dict[str, int]:
    """Return how many resources the states in S3 and in HCP Terraform hold, by workspace."""
    counts = {}
    for path in sorted((root / EMBEDDED_STATE).glob(f"*{_PLACE}")):
        place = json.loads(path.read_text(encoding="utf-8"))
        name = path.name.removesuffix(_PLACE)
        counts[name] = count_managed(_read(here, place), f"the state of {name}")
    return counts


def _remember(root: Path, workspace: Workspace, place: dict[str, str]) -> None:
    text = json.dumps(place | {"account": workspace.account, "region": workspace.region})
    files.write(root / EMBEDDED_STATE / f"{workspace.name}{_PLACE}", text)


def _read(here: Embedded, place: dict[str, str]) -> bytes:
    """Return the state at `place`, nothing where there is none yet."""
    if "bucket" in place:
        client = here.client("s3", place["account"], place["state_region"])
        try:
            found: bytes = client.get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read()
            return found
        except (client.exceptions.NoSuchKey, client.exceptions.NoSuchBucket):
            return b""
    client = hcp.connect(place["hostname"], here.environ(place["account"], place["region"], {}))
    return hcp.read_state(client, place["organization"], place["workspace"])


def _embedded_keys(environ: Mapping[str, str]) -> tuple[HcpVariable, ...]:
    """Return the keys of the embedded AWS for a workspace whose file names no roles: they open nothing else."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
    return tuple(HcpVariable(name, environ[name], sensitive=name == "AWS_SECRET_ACCESS_KEY") for name in names)
