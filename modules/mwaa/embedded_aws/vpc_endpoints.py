"""What AWS refuses of VPC endpoints and moto does not.

Source of the messages: github.com/hashicorp/terraform-provider-aws issue 17535 (private DNS); EC2's error
RouteAlreadyExists (gateway).
"""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend


def refuse_conflicts() -> None:
    """Let moto's EC2 refuse a second endpoint of a service: with private DNS in a VPC, or in a route table."""
    create = EC2Backend.create_vpc_endpoint

    def create_without_conflict(ec2: Any, vpc_id: str, service_name: str, *args: Any, **kwargs: Any) -> Any:
        others = [
            endpoint
            for endpoint in ec2.vpc_end_points.values()
            if (endpoint.vpc_id, endpoint.service_name) == (vpc_id, service_name) and endpoint.state == "available"
        ]
        if str(kwargs.get("endpoint_type")).lower() == "interface":
            if kwargs.get("private_dns_enabled") and any(_has_private_dns(endpoint) for endpoint in others):
                *_, region, service = service_name.split(".", 3)[1:]
                domain = f"{'.'.join(reversed(service.split('.')))}.{region}.amazonaws.com"
                text = "private-dns-enabled cannot be set because there is already a conflicting DNS domain for"
                raise EC2ClientError("InvalidParameter", f"{text} {domain} in the VPC {vpc_id}")
        else:
            for table in kwargs.get("route_table_ids") or []:
                if any(table in (endpoint.route_table_ids or []) for endpoint in others):
                    text = f"route table {table} already has a route with destination-prefix-list-id of {service_name}"
                    raise EC2ClientError("RouteAlreadyExists", text)
        return create(ec2, vpc_id, service_name, *args, **kwargs)

    EC2Backend.create_vpc_endpoint = create_without_conflict  # type: ignore[method-assign, assignment]


def _has_private_dns(endpoint: Any) -> bool:
    return endpoint.vpc_endpoint_type.lower() == "interface" and bool(endpoint.private_dns_enabled)
