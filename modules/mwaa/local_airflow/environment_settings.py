"""The settings of an environment that concern Airflow: the values of GetEnvironment for its containers."""

from dataclasses import dataclass
from typing import Any

from mwaa.operations.live_environment import ObjectVersion, read_environment


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """Two of these differ exactly if an update changed something that concerns Airflow."""

    environment: str
    airflow_version: str
    environment_class: str
    bucket: str
    dags: str
    """The folder of the DAGs in the bucket, without slashes at its ends."""
    plugins: ObjectVersion | None
    requirements: ObjectVersion | None
    startup_script: ObjectVersion | None
    options: tuple[tuple[str, str], ...]

    @property
    def major(self) -> int:
        """2 or 3."""
        return int(self.airflow_version.split(".")[0])

    def changes(self, before: "EnvironmentSettings") -> str:
        """Return what is new since `before`, in words."""
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


def read_settings(mwaa: Any, environment: str) -> EnvironmentSettings:
    """Read with a boto3 client of MWAA, whose errors pass. While an update runs, the values are still the old ones."""
    found = read_environment(mwaa, environment)
    return EnvironmentSettings(
        environment=environment,
        airflow_version=found.airflow_version,
        environment_class=found.environment_class,
        bucket=found.bucket,
        dags=found.dag_s3_path,
        plugins=found.parts.get("plugins"),
        requirements=found.parts.get("requirements"),
        startup_script=found.parts.get("startup_script"),
        options=tuple(sorted(found.options.items())),
    )
