"""The one user of a local Airflow."""

import json
import secrets
from pathlib import Path

from mwaa import files
from mwaa.airflow_link.registration import Registration
from mwaa.local_airflow.installation import AirflowInstallation
from mwaa.local_airflow.supervisor_protocol import say
from mwaa.process import ToolError, ask


def create_admin(installation: AirflowInstallation, registration: Registration) -> None:
    """Create the admin: Airflow 3 reads users from a file, Airflow 2 keeps them in its database. Raises ToolError."""
    if installation.settings.major == 3:
        files.write(
            installation.home / "passwords.json", json.dumps({registration.user: registration.password}), private=True
        )
        return
    created = installation.home / "user-made"
    if created.exists():
        return
    say("creating the admin user")
    who = ("--username", registration.user, "--password", registration.password, "--role", "Admin")
    names = ("--firstname", "Local", "--lastname", "Admin", "--email", "admin@localhost")
    result = ask(
        installation.environment.command("users", "create", *who, *names),
        installation.home,
        installation.environs["webserver"],
    )
    if result.status:
        raise ToolError(f"airflow users create failed:\n{(result.stderr or result.stdout).strip()}")
    created.touch()


def read_password(home: Path) -> str:
    """Return the admin's password, created once for a home because Airflow 2's database keeps it."""
    path = home / "password"
    if not path.exists():
        files.write(path, secrets.token_hex(8), private=True)
    return path.read_text(encoding="utf-8")
