"""Packages and constraints from the internet, in a network that does not reach it."""

from collections.abc import Iterator

from mwaa.aws_facts.user_guide import guide
from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    RequirementsSubject,
    shown_value,
)
from mwaa.checks.rule import Rule
from mwaa.config.existing_network import NetworkOf, has_no_internet

INTERNET = Rule(
    "requirements-internet",
    "Packages or constraints come from the internet, which the workspace's network does not reach.",
    "pip waits for an answer until MWAA gives up on the update.",
    guide("configuring-networking"),
)

RULES = (INTERNET,)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    file = subject.requirements_file
    if file is None:
        return
    shown = subject.shown["requirements"]
    if subject.network is None or not has_no_internet(subject.network):
        return
    named = subject.workspace.network if subject.workspace else None
    network = f"the network of {named.workspace}" if isinstance(named, NetworkOf) else "the network"
    fix = "mwaa requirements wheels"
    for line in file.constraints:
        if "://" in line.value:
            found = f"{network} has no internet (nat_gateways=0): {shown_value(line)} cannot be read"
            yield INTERNET.finding("error", found, fix, shown, line.number)
    if file.requirements and not file.options("--no-index") and not file.options("--index-url"):
        without = "and no line says --no-index or names an index in the VPC"
        found = f"{network} has no internet (nat_gateways=0), {without}"
        yield INTERNET.finding("error", found, fix, shown)
