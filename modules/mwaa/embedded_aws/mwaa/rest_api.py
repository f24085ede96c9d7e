"""InvokeRestApi: one call of Airflow's REST API, within the limits of MWAA. UG access-mwaa-apache-airflow-rest-api."""

from collections.abc import Mapping
from typing import Any

from mwaa.airflow_link import client
from mwaa.airflow_link.registration import Registration

_SECONDS = 10.0
_LIMIT_BYTES = 6 * 1024 * 1024


def invoke(airflow: Registration, parameters: Mapping[str, Any]) -> tuple[int, Any]:
    """Return status and document of Airflow's answer; beyond MWAA's limits 504 and 502, because AWS publishes none."""
    path = parameters["Path"] if parameters["Path"].startswith("/") else f"/{parameters['Path']}"
    try:
        response = client.call_api(
            airflow,
            parameters["Method"],
            path,
            parameters.get("QueryParameters"),
            parameters.get("Body"),
            seconds=_SECONDS,
        )
    except client.AirflowTimeout as error:
        return 504, problem(504, "Gateway Timeout", str(error))
    except client.AirflowLinkError as error:
        return 503, problem(503, "Service Unavailable", str(error))
    if len(response.body) > _LIMIT_BYTES:
        return 502, problem(502, "Bad Gateway", f"The answer has {len(response.body)} bytes; at most 6 MB are allowed.")
    return response.status, response.document()


def problem(status: int, title: str, detail: str) -> dict[str, Any]:
    """Return an error in the form of Airflow's REST API."""
    return {"title": title, "status": status, "detail": detail}
