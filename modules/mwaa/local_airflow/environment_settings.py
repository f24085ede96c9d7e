"""What an environment was told: the values of GetEnvironment that its containers are made from."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Object:
    """An object of the source bucket at one version."""

    key: str
    version: str


@dataclass(frozen=True, slots=True)
class Told:
    """Two of these differ exactly when the environment was rolled to something else that concerns Airflow."""

    environment: str
    airflow_version: str
    environment_class: str
    bucket: str
    dags: str
    """The folder of the DAGs in the bucket, without slashes at its ends."""
    plugins: Object | None
    requirements: Object | None
    startup_script: Object | None
    options: tuple[tuple[str, str], ...]

    @property
    def major(self) -> int:
        """2 or 3."""
        return int(self.airflow_version.split(".")[0])

    def changes(self, before: "Told") -> str:
        """What is new since `before`, in words."""
        found = []
        if self.airflow_version != before.airflow_version:
            found.append(f"Airflow {self.airflow_version}")
        files = {
            "plugins.zip": (self.plugins, before.plugins),
            "requirements.txt": (self.requirements, before.requirements),
            "startup script": (self.startup_script, before.startup_script),
        }
        found += [f"{name} version {now.version}" for name, (now, was) in files.items() if now and now != was]
        if self.options != before.options:
            found.append("Airflow options")
        if (self.bucket, self.dags) != (before.bucket, before.dags):
            found.append(f"DAGs in s3://{self.bucket}/{self.dags}")
        if self.environment_class != before.environment_class:
            found.append(self.environment_class)
        return ", ".join(found)


def ask(mwaa: Any, environment: str) -> Told:
    """Asks with a boto3 client of MWAA, whose errors go on. While an update runs, the values are still the old ones."""
    told = mwaa.get_environment(Name=environment)["Environment"]

    def file(name: str) -> Object | None:
        key = told.get(f"{name}S3Path")
        return Object(key, told[f"{name}S3ObjectVersion"]) if key else None

    return Told(
        environment=environment,
        airflow_version=told["AirflowVersion"],
        environment_class=told["EnvironmentClass"],
        bucket=told["SourceBucketArn"].rpartition(":")[2],
        dags=told["DagS3Path"].strip("/"),
        plugins=file("Plugins"),
        requirements=file("Requirements"),
        startup_script=file("StartupScript"),
        options=tuple(sorted(told["AirflowConfigurationOptions"].items())),
    )
