"""`mwaa local airflow`: a real Airflow for a workspace on the embedded AWS."""

from contextlib import ExitStack
from typing import Annotated

import typer

from mwaa.cli.arguments import Name, picked

Port = Annotated[
    int | None, typer.Option(min=1024, max=65535, help="The port of Airflow on 127.0.0.1. Default: a free one.")
]


def airflow(workspace: Name = None, port: Port = None) -> None:
    """Run a real Airflow for a deployed workspace, until Ctrl-C.

    Its content comes from the emulated source bucket, as on MWAA: DAGs as soon as they change, the rest with an update
    of the environment. `aws mwaa invoke-rest-api` and MWAA's tokens work with it.

    \b
    Example:
      mwaa local airflow dev --port 8080
    """
    from mwaa import embedded_aws
    from mwaa.cli import output
    from mwaa.cli.progress_view import watching
    from mwaa.local_airflow import run_airflow
    from mwaa.progress import Step

    root, definition = picked(workspace)
    here = embedded_aws.require(root, definition.name)
    progress = output.console(stderr=True)
    with ExitStack() as stack:
        with watching() as report:
            running = stack.enter_context(
                run_airflow(root, here, definition.workspace, lambda text: report(Step(text)), port=port)
            )
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
