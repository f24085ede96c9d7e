"""Which hosts are AWS: those the embedded AWS answers itself and must never let through."""

import ipaddress
from functools import cache

from botocore.loaders import Loader

_METADATA = ("169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23")
"""Where machines in AWS get credentials: instance metadata, ECS and EKS agents."""


def is_aws(host: str) -> bool:
    """Whether `host` is an endpoint of AWS in any partition, by the DNS suffixes that botocore knows."""
    name = host.lower().rstrip(".")
    return any(name == suffix or name.endswith("." + suffix) for suffix in _suffixes())


def is_metadata(host: str) -> bool:
    """Whether `host` hands out the credentials of the machine."""
    name = host.lower().strip("[]").rstrip(".")
    try:
        return str(ipaddress.ip_address(name)) in _METADATA
    except ValueError:
        return name == "instance-data.ec2.internal"


@cache
def _suffixes() -> frozenset[str]:
    outputs = [partition["outputs"] for partition in Loader().load_data("partitions")["partitions"]]
    return frozenset(output[key] for output in outputs for key in ("dnsSuffix", "dualStackDnsSuffix"))
