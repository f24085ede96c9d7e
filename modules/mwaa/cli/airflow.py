"""`mwaa local airflow`: a real Airflow for a workspace on the embedded AWS."""

from typing import Annotated

import typer

from mwaa.cli.arguments import Name, picked

Port = Annotated[
    int | None, typer.Option(min=1024, max=65535, help="Where Airflow listens on 127.0.0.1. Default: a free port.")
]


def airflow(workspace: Name = None, port: Port = None) -> None:
    """Run a real Airflow for a workspace that is deployed on the embedded AWS, until Ctrl-C.

    DAGs, plugins, requirements and startup script come from the emulated source bucket, as on MWAA: DAGs at once, the
    others when the environment is rolled. `aws mwaa invoke-rest-api` and the tokens of MWAA reach it.

    Example: mwaa local airflow dev --port 8080
    """
    from mwaa import embedded_aws
    from mwaa.cli import output
    from mwaa.local.errors import DeployError
    from mwaa.local_airflow import run_airflow

    root, definition = picked(workspace)
    here = embedded_aws.find(root)
    if here is None:
        raise DeployError("no embedded AWS runs for this checkout", f"mwaa local up {definition.name}")
    progress = output.console(stderr=True)
    with run_airflow(
        root, here, definition.workspace, lambda text: progress.print(f"==> {text}"), port=port
    ) as running:
        registration = running.registration
        output.say(
            f"Airflow {registration.airflow_version} at {running.url}"
            f"  user {registration.user}  password {registration.password}"
        )
        mwaa = output.command()
        progress.print(f"logs: {running.logs}")
        progress.print("In another shell, for example:")
        progress.print(f'  eval "$({mwaa} local env {definition.name})"')
        progress.print(
            f"  aws mwaa invoke-rest-api --name {registration.environment} --method GET --path /dags"
            f"  # or boto3: client('mwaa').invoke_rest_api"
        )
        progress.print("Ctrl-C ends it.")
        running.wait()
