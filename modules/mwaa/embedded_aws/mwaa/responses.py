"""The operations of the MWAA API: reads the request, asks the backend, writes the answer."""

import json
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from mwaa.aws_facts.regions import REGIONS
from mwaa.embedded_aws.moto_lock import released
from mwaa.embedded_aws.mwaa import constraints, rest_api, webserver
from mwaa.embedded_aws.mwaa.exceptions import ValidationException
from mwaa.embedded_aws.mwaa.models import MWAABackend, mwaa_backends


class MWAAResponse(BaseResponse):
    """moto calls the method with the operation's name, in snake case."""

    def __init__(self) -> None:
        super().__init__(service_name="mwaa")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> MWAABackend:
        if self.region not in REGIONS:
            raise ValidationException(f"Amazon MWAA is not offered in the region {self.region}")
        return mwaa_backends[self.current_account][self.region]

    def create_environment(self) -> ActionResult:
        parameters = self._checked_input("CreateEnvironment")
        return ActionResult({"Arn": self.backend.create_environment(parameters).arn})

    def get_environment(self) -> ActionResult:
        name = self._checked_input("GetEnvironment")["Name"]
        return ActionResult({"Environment": self.backend.get_environment(name).to_dict()})

    def update_environment(self) -> ActionResult:
        parameters = self._checked_input("UpdateEnvironment")
        return ActionResult({"Arn": self.backend.update_environment(parameters).arn})

    def delete_environment(self) -> ActionResult:
        self.backend.delete_environment(self._checked_input("DeleteEnvironment")["Name"])
        return EmptyResult()

    def list_environments(self) -> ActionResult:
        parameters = self._checked_input("ListEnvironments")
        names, token = self.backend.list_environments(parameters.get("MaxResults", 25), parameters.get("NextToken"))
        return ActionResult({"Environments": names, "NextToken": token})

    def tag_resource(self) -> ActionResult:
        parameters = self._checked_input("TagResource")
        self.backend.tag_resource(parameters["ResourceArn"], parameters["Tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        parameters = self._checked_input("UntagResource")
        self.backend.untag_resource(parameters["ResourceArn"], parameters["tagKeys"])
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        arn = self._checked_input("ListTagsForResource")["ResourceArn"]
        return ActionResult({"Tags": self.backend.get_by_arn(arn).tags})

    def create_web_login_token(self) -> ActionResult:
        environment = self.backend.get_available(self._checked_input("CreateWebLoginToken")["Name"])
        return ActionResult(
            {
                "WebToken": environment.new_token("login"),
                "WebServerHostname": environment.hostname,
                "IamIdentity": f"user/{self.access_key}",
                "AirflowIdentity": f"user/{self.access_key}",
            }
        )

    def create_cli_token(self) -> ActionResult:
        environment = self.backend.get_available(self._checked_input("CreateCliToken")["Name"])
        return ActionResult({"CliToken": environment.new_token("cli"), "WebServerHostname": environment.hostname})

    def invoke_rest_api(self) -> Any:
        parameters = self._checked_input("InvokeRestApi")
        environment = self.backend.get_available(parameters["Name"])
        airflow = environment.find_local_airflow()
        if airflow is None:
            return _rest_api_error(503, webserver.no_airflow_problem(environment.name))
        with released():
            status, document = rest_api.invoke(airflow, parameters)
        if status >= 400:
            return _rest_api_error(status, document)
        answer = {"RestApiStatusCode": status, "RestApiResponse": document}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer)

    def _checked_input(self, operation: str) -> dict[str, Any]:
        parameters = dict(self._get_params())
        constraints.check(operation, parameters)
        return parameters


def _rest_api_error(status: int, document: Any) -> Any:
    """Return the error of InvokeRestApi, whose fields moto's serializer would drop. Both errors have status 400."""
    name = "RestApiServerException" if status >= 500 else "RestApiClientException"
    headers = {"status": 400, "Content-Type": "application/json", "x-amzn-ErrorType": name}
    return 400, headers, json.dumps({"RestApiStatusCode": status, "RestApiResponse": document})
