"""The operations of the MWAA API: reads the request, asks the backend, writes the answer."""

import json
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from mwaa.aws_facts.regions import REGIONS
from mwaa.embedded_aws import moto_lock as turn
from mwaa.embedded_aws.mwaa import constraints, rest_api, webserver
from mwaa.embedded_aws.mwaa.exceptions import ValidationException
from mwaa.embedded_aws.mwaa.models import MWAABackend, mwaa_backends


class MWAAResponse(BaseResponse):
    """moto calls the method that is named as the operation, in snake case."""

    def __init__(self) -> None:
        super().__init__(service_name="mwaa")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> MWAABackend:
        if self.region not in REGIONS:
            raise ValidationException(f"Amazon MWAA is not offered in the region {self.region}")
        return mwaa_backends[self.current_account][self.region]

    def create_environment(self) -> ActionResult:
        given = self._given("CreateEnvironment")
        return ActionResult({"Arn": self.backend.create_environment(given).arn})

    def get_environment(self) -> ActionResult:
        name = self._given("GetEnvironment")["Name"]
        return ActionResult({"Environment": self.backend.get_environment(name).to_dict()})

    def update_environment(self) -> ActionResult:
        given = self._given("UpdateEnvironment")
        return ActionResult({"Arn": self.backend.update_environment(given).arn})

    def delete_environment(self) -> ActionResult:
        self.backend.delete_environment(self._given("DeleteEnvironment")["Name"])
        return EmptyResult()

    def list_environments(self) -> ActionResult:
        given = self._given("ListEnvironments")
        names, token = self.backend.list_environments(given.get("MaxResults", 25), given.get("NextToken"))
        return ActionResult({"Environments": names, "NextToken": token})

    def tag_resource(self) -> ActionResult:
        given = self._given("TagResource")
        self.backend.tag_resource(given["ResourceArn"], given["Tags"])
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        given = self._given("UntagResource")
        self.backend.untag_resource(given["ResourceArn"], given["tagKeys"])
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        arn = self._given("ListTagsForResource")["ResourceArn"]
        return ActionResult({"Tags": self.backend.by_arn(arn).tags})

    def create_web_login_token(self) -> ActionResult:
        environment = self.backend.get_available(self._given("CreateWebLoginToken")["Name"])
        return ActionResult(
            {
                "WebToken": environment.new_token("login"),
                "WebServerHostname": environment.hostname,
                "IamIdentity": f"user/{self.access_key}",
                "AirflowIdentity": f"user/{self.access_key}",
            }
        )

    def create_cli_token(self) -> ActionResult:
        environment = self.backend.get_available(self._given("CreateCliToken")["Name"])
        return ActionResult({"CliToken": environment.new_token("cli"), "WebServerHostname": environment.hostname})

    def invoke_rest_api(self) -> Any:
        given = self._given("InvokeRestApi")
        environment = self.backend.get_available(given["Name"])
        airflow = environment.local_airflow()
        if airflow is None:
            return _failed(503, webserver.nothing_serves(environment.name))
        with turn.given_up():
            status, said = rest_api.invoke(airflow, given)
        if status >= 400:
            return _failed(status, said)
        answer = {"RestApiStatusCode": status, "RestApiResponse": said}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer)

    def _given(self, operation: str) -> dict[str, Any]:
        given = dict(self._get_params())
        constraints.check(operation, given)
        return given


def _failed(status: int, said: Any) -> Any:
    """Both errors are a 400 of the API; their fields stand in the body, where moto's serializer drops them. BC."""
    name = "RestApiServerException" if status >= 500 else "RestApiClientException"
    headers = {"status": 400, "Content-Type": "application/json", "x-amzn-ErrorType": name}
    return 400, headers, json.dumps({"RestApiStatusCode": status, "RestApiResponse": said})
