"""InvokeRestApi: one call of Airflow's REST API, within the limits of MWAA. UG access-mwaa-apache-airflow-rest-api."""

from collections.abc import Mapping
from typing import Any

from mwaa.airflow_link import client as airflow_api
from mwaa.airflow_link.registration import Registration

_SECONDS = 10.0
_MOST_BYTES = 6 * 1024 * 1024


def invoke(airflow: Registration, given: Mapping[str, Any]) -> tuple[int, Any]:
    """Status and document of Airflow's answer. Beyond MWAA's limits 504 and 502: AWS publishes none."""
    path = given["Path"] if given["Path"].startswith("/") else f"/{given['Path']}"
    try:
        answered = airflow_api.invoke(
            airflow, given["Method"], path, given.get("QueryParameters"), given.get("Body"), seconds=_SECONDS
        )
    except airflow_api.TooSlow as error:
        return 504, problem(504, "Gateway Timeout", str(error))
    except airflow_api.NoAnswer as error:
        return 503, problem(503, "Service Unavailable", str(error))
    if len(answered.body) > _MOST_BYTES:
        return 502, problem(502, "Bad Gateway", f"The answer has {len(answered.body)} bytes; at most 6 MB are allowed.")
    return answered.status, answered.document()


def problem(status: int, title: str, detail: str) -> dict[str, Any]:
    """An error in the form of Airflow's REST API."""
    return {"title": title, "status": status, "detail": detail}
