from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mwaa.config import Network
from mwaa.config.network import usable_addresses
from pydantic import ValidationError

vpcs = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False), st.integers(0, 2**32 - 1), st.integers(16, 24)
)
small = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False), st.integers(0, 4095), st.integers(20, 32)
)


@given(vpcs)
def test_derived_subnets_are_inside_disjoint_and_large_enough(vpc: IPv4Network) -> None:
    network = Network(cidr=str(vpc))
    subnets = [*network.private_subnets, *network.public_subnets]
    assert all(subnet.subnet_of(vpc) for subnet in subnets)
    assert not any(one.overlaps(other) for one, other in combinations(subnets, 2))
    assert all(usable_addresses(subnet) >= 59 for subnet in network.private_subnets)
    assert all(subnet.prefixlen <= 28 for subnet in network.public_subnets)


def test_the_subnets_of_a_vpc() -> None:
    network = Network(cidr="10.10.0.0/20")
    assert list(map(str, network.private_subnets)) == ["10.10.0.0/22", "10.10.4.0/22"]
    assert list(map(str, network.public_subnets)) == ["10.10.8.0/24", "10.10.9.0/24"]


def test_subnets_that_are_written_are_kept() -> None:
    network = Network(cidr="10.10.0.0/20", private_subnets=("10.10.12.0/24", "10.10.13.0/24"))
    assert list(map(str, network.private_subnets)) == ["10.10.12.0/24", "10.10.13.0/24"]
    assert list(map(str, network.public_subnets)) == ["10.10.8.0/24", "10.10.9.0/24"]


@given(st.tuples(*[small] * 4))
def test_subnets_are_taken_exactly_if_inside_disjoint_and_at_least_a_28(subnets: tuple[IPv4Network, ...]) -> None:
    moved = [IPv4Network((int(subnet.network_address) + (10 << 24), subnet.prefixlen)) for subnet in subnets]
    vpc = IPv4Network("10.0.0.0/21")
    fits = (
        all(subnet.subnet_of(vpc) and subnet.prefixlen <= 28 for subnet in moved)
        and not any(one.overlaps(other) for one, other in combinations(moved, 2))
    )  # fmt: skip
    try:
        Network(cidr=str(vpc), private_subnets=moved[:2], public_subnets=moved[2:])
    except ValidationError:
        assert not fits
    else:
        assert fits


@pytest.mark.parametrize(("prefix", "usable"), [(28, 11), (24, 251), (16, 65531)])
def test_aws_keeps_five_addresses_of_every_subnet(prefix: int, usable: int) -> None:
    assert usable_addresses(IPv4Network((0, prefix))) == usable
