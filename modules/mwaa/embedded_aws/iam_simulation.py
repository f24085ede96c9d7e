"""IAM's policy simulator, which moto lacks: SimulateCustomPolicy and SimulatePrincipalPolicy."""

import json
from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.exceptions import NotFoundException
from moto.iam.responses import IamResponse

from mwaa.embedded_aws import iam_policies


def answer() -> None:
    """Add both operations to moto's IAM. Permissions boundaries and resource policies are not looked at."""

    def simulate_custom_policy(response: Any) -> ActionResult:
        return _results(response, response._get_param("PolicyInputList", []))

    def simulate_principal_policy(response: Any) -> ActionResult:
        arn = response._get_param("PolicySourceArn")
        kind, _, name = arn.rpartition(":")[2].partition("/")
        if kind not in ("role", "user"):
            raise NotFoundException(f"The simulator knows roles and users, not {arn}")
        name = name.rpartition("/")[2]
        backend = response.backend
        principal = backend.get_role(name) if kind == "role" else backend.get_user(name)
        documents = [*principal.policies.values(), *_managed(backend, principal)]
        return _results(response, [*documents, *response._get_param("PolicyInputList", [])])

    IamResponse.simulate_custom_policy = simulate_custom_policy  # type: ignore[attr-defined]
    IamResponse.simulate_principal_policy = simulate_principal_policy  # type: ignore[attr-defined]


def _managed(backend: Any, principal: Any) -> Iterator[str]:
    for arn in principal.managed_policies:
        policy = backend.managed_policies[arn]
        yield next(one.document for one in policy.versions if one.version_id == policy.default_version_id)


def _results(response: Any, texts: list[str]) -> ActionResult:
    documents = [json.loads(text) for text in texts]
    context = {
        entry["ContextKeyName"]: entry["ContextKeyValues"][0]
        for entry in response._get_param("ContextEntries", [])
        if entry.get("ContextKeyValues")
    }
    return ActionResult(
        {
            "IsTruncated": False,
            "EvaluationResults": [
                {
                    "EvalActionName": action,
                    "EvalResourceName": resource,
                    "EvalDecision": iam_policies.simulate(documents, action, resource, context),
                    "MatchedStatements": [],
                    "MissingContextValues": [],
                }
                for action in response._get_param("ActionNames", [])
                for resource in response._get_param("ResourceArns", []) or ["*"]
            ],
        }
    )
