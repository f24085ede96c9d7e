"""Both examples under AWS provider 6, from the Terraform registry: `make test-provider6`, with internet."""

from typing import Any

import pytest
from mwaa.local import terraform

pytestmark = pytest.mark.provider6


@pytest.fixture(autouse=True)
def _provider_from_the_registry(project: Any) -> None:
    binary = terraform.find_terraform(project.root)
    if terraform.find_provider(project.root, binary).folder is not None:
        pytest.skip(f"no AWS provider 6 here: {binary.registry} does not answer, or a mirror comes before it")


def test_dev_applies_and_a_second_plan_is_empty(project: Any) -> None:
    project.up("dev")
    assert project.changes("dev") == {}


def test_prod_applies_and_settles_once_the_replacement_strategy_is_sent(project: Any) -> None:
    """The provider sends GRACEFUL with the first update only: see modules/mwaa/constructs/environment.py."""
    project.up("prod")
    assert project.changes("prod") in ({}, {"aws_mwaa_environment.environment": ["update"]})
    project.up("prod")
    assert project.changes("prod") == {}
