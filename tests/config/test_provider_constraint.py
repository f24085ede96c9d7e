import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mwaa.config.provider_constraint import lower_bound, supports
from packaging.specifiers import SpecifierSet
from packaging.version import Version

versions = st.builds(
    lambda major, minor, patch: f"{major}.{minor}.{patch}", st.integers(6, 9), st.integers(0, 60), st.integers(0, 5)
)
# Terraform's operators and what Python calls them; `~> 6.25.1` pins the minor version in both, `~> 6.25` the major one.
lower_bounds = st.builds(lambda operator, version: (operator, version), st.sampled_from(["=", ">=", "~>"]), versions)
others = st.builds(lambda operator, version: (operator, version), st.sampled_from(["<", "<=", "!="]), versions)
PYTHON = {"=": "==", "~>": "~="}


@given(st.lists(lower_bounds, min_size=1, max_size=3), st.lists(others, max_size=2), versions, st.booleans())
def test_nothing_that_a_constraint_selects_is_older_than_its_lower_bound(
    bounds: list[tuple[str, str]], more: list[tuple[str, str]], version: str, spaces: bool
) -> None:
    parts = [*bounds, *more]
    low = lower_bound(
        (", " if spaces else ",").join(f"{operator}{' ' if spaces else ''}{text}" for operator, text in parts)
    )
    selected = SpecifierSet(",".join(f"{PYTHON.get(operator, operator)}{text}" for operator, text in parts))
    assert version not in selected or Version(version) >= low
    assert low in {Version(text) for _, text in bounds}


@given(st.sampled_from(["=", ">=", "~>", ""]), versions)
def test_the_lower_bound_of_one_constraint_is_selected_by_it(operator: str, version: str) -> None:
    assert lower_bound(f"{operator} {version}") == Version(version)
    assert version in SpecifierSet(f"{PYTHON.get(operator, operator or '==')}{version}")


@given(st.text(max_size=20))
def test_a_text_is_a_constraint_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert lower_bound(text) >= Version("5.100.0")


@pytest.mark.parametrize(
    ("constraint", "bound"),
    [
        ("~> 6.25", "6.25"),
        ("5.100.0", "5.100.0"),
        (">= 6, != 6.20.0, < 7", "6"),
        ("> 6.1.2", "6.1.2"),
        (">=5.100", "5.100"),
    ],
)
def test_lower_bounds(constraint: str, bound: str) -> None:
    assert lower_bound(constraint) == Version(bound)


@pytest.mark.parametrize(
    ("constraint", "strategy", "both_modes"),
    [("5.100.0", False, False), ("~> 6.10", False, False), ("~> 6.11", True, False), (">= 6.53", True, True)],
)
def test_a_capability_counts_if_the_oldest_provider_selected_has_it(
    constraint: str, strategy: bool, both_modes: bool
) -> None:
    assert supports(constraint, "worker_replacement_strategy") is strategy
    assert supports(constraint, "PUBLIC_AND_PRIVATE") is both_modes
