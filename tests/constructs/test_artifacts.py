"""Who uploads what: Terraform everything, or only what a new environment wants."""

from collections.abc import Callable
from typing import Any

import pytest
from mwaa.config import Content, SynthesisTarget, Workspace

Make = Callable[..., Workspace]
Synthesize = Callable[..., dict[str, Any]]
VERSIONS = [
    f"{what}_s3_{attribute}"
    for what in ("plugins", "requirements", "startup_script")
    for attribute in ("path", "object_version")
]


def forgotten(*names: str) -> list[dict[str, Any]]:
    return [{"from": f"aws_s3_object.artifacts_{name}", "lifecycle": {"destroy": False}} for name in names]


def test_terraform_as_the_owner_uploads_everything_and_forgets_nothing(workspace: Make, synthesize: Synthesize) -> None:
    document = synthesize(workspace())
    objects = document["resource"]["aws_s3_object"]
    assert set(objects) == {f"artifacts_{name}" for name in ("dags", "plugins", "requirements", "startup_script")}
    assert not any("lifecycle" in item for item in objects.values())
    assert "ignore_changes" not in document["resource"]["aws_mwaa_environment"]["environment"]["lifecycle"]
    assert "removed" not in document
    assert "required_version" not in document["terraform"]


def test_publishing_as_the_owner_leaves_terraform_the_first_objects(workspace: Make, synthesize: Synthesize) -> None:
    document = synthesize(workspace(content=Content(owner="PUBLISH")))
    objects = document["resource"]["aws_s3_object"]
    assert set(objects) == {f"artifacts_{name}" for name in ("plugins", "requirements", "startup_script")}
    assert [item["lifecycle"] for item in objects.values()] == [{"ignore_changes": "all"}] * 3
    assert document["removed"] == forgotten("dags")
    assert document["terraform"]["required_version"] == ">= 1.7"


def test_what_is_no_longer_shipped_is_forgotten_and_not_deleted(workspace: Make, synthesize: Synthesize) -> None:
    document = synthesize(workspace(content=Content(owner="PUBLISH", plugins=None, startup_script=None)))
    assert set(document["resource"]["aws_s3_object"]) == {"artifacts_requirements"}
    assert document["removed"] == forgotten("dags", "plugins", "startup_script")


@pytest.mark.parametrize("protected", [True, False])
@pytest.mark.parametrize(("provider", "more"), [("5.100.0", []), (">= 6.11", ["worker_replacement_strategy"])])
def test_the_environment_keeps_what_publishing_told_it(
    provider: str, more: list[str], protected: bool, workspace: Make, synthesize: Synthesize
) -> None:
    made = workspace(content=Content(owner="PUBLISH"), deletion_protection=protected)
    document = synthesize(made, target=SynthesisTarget(aws_provider=provider))
    environment = document["resource"]["aws_mwaa_environment"]["environment"]
    assert environment["plugins_s3_object_version"] == "${aws_s3_object.artifacts_plugins.version_id}"  # the first one
    kept = {"ignore_changes": [*VERSIONS, *more]}
    assert environment["lifecycle"] == kept | ({"prevent_destroy": True} if protected else {})


def test_objects_carry_the_checksum_by_which_publishing_knows_them(workspace: Make, synthesize: Synthesize) -> None:
    for owner in ("TERRAFORM", "PUBLISH"):
        objects = synthesize(workspace(content=Content(owner=owner)))["resource"]["aws_s3_object"].values()
        assert {item["checksum_algorithm"] for item in objects} == {"SHA256"}
