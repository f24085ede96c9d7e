"""Files that should not be shipped: private ones, configuration that MWAA never reads, and a machine's files.

Why: everyone who may read the source bucket can read private files; configuration files have no effect, which nobody
notices; an environment or a database of another machine is never right on MWAA. Source: MWAA user guide, page
configuring-env-variables (options are set on the environment, never by airflow.cfg).
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

from mwaa.aws_facts.user_guide import guide
from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.subject import Subject

PRIVATE_FILE = Rule(
    "private-file",
    "A file that usually holds credentials would be shipped.",
    "Everyone who can read the source bucket, or run a task, can read it.",
)
UNUSED_CONFIGURATION = Rule(
    "unused-configuration",
    "A configuration file of Airflow would be shipped, which MWAA does not read.",
    "The settings in it have no effect.",
    guide("configuring-env-variables"),
)
LOCAL_FILE = Rule(
    "local-file",
    "A file of one machine would be shipped: a Python environment, a database, a notebook's checkpoints.",
    "It is of no use on MWAA, and Airflow's search for DAGs walks through it.",
)
RULES = (
    PRIVATE_FILE,
    UNUSED_CONFIGURATION,
    LOCAL_FILE,
)

_PRIVATE = GitIgnoreSpec.from_lines(
    """
    .env .env.* !.env.example !.env.sample !.env.template *.pem *.p12 *.pfx *.jks id_rsa id_dsa id_ecdsa id_ed25519
    .aws/ .netrc .pypirc .pgpass .git-credentials
    """.split()  # noqa: SIM905
)
_CONFIGURATION = GitIgnoreSpec.from_lines(("/airflow.cfg", "/webserver_config.py", "/airflow_local_settings.py"))
_LOCAL = GitIgnoreSpec.from_lines(
    ("airflow.db", "*.sqlite3", "pyvenv.cfg", "node_modules/", ".terraform/", "*.tfstate")
)


def check(subject: Subject) -> Iterator[Finding]:
    reported: set[str] = set()
    for file in (*subject.dags, *subject.plugins):
        if _PRIVATE.match_file(file.relative) and not _public(file.path.read_bytes()):
            yield PRIVATE_FILE.finding(
                "error",
                "a file that usually holds credentials, and would lie in the source bucket",
                "move it out of the content; keep credentials in AWS Secrets Manager",
                file.shown,
            )
        elif _CONFIGURATION.match_file(file.relative):
            yield UNUSED_CONFIGURATION.finding(
                "warning",
                f"{file.relative} has no effect: MWAA does not read it from here",
                "set options with airflow_configuration_options in the workspace, and remove the file",
                file.shown,
            )
        elif _LOCAL.match_file(file.relative):
            # One finding for a whole environment, however many files it has.
            folder = PurePosixPath(file.shown)
            top = str(folder.parent if folder.name == "pyvenv.cfg" else _up_to(folder, ("node_modules", ".terraform")))
            if top not in reported:
                reported.add(top)
                found = "a file or folder that belongs to one machine, and would be shipped"
                yield LOCAL_FILE.finding("warning", found, "move it out of the content", top)


def _public(data: bytes) -> bool:
    """Whether a .pem file holds certificates or public keys alone, as bundles of authorities do."""
    return b"-----BEGIN" in data and b"PRIVATE KEY-----" not in data


def _up_to(path: PurePosixPath, names: tuple[str, ...]) -> PurePosixPath:
    for index, part in enumerate(path.parts):
        if part in names:
            return PurePosixPath(*path.parts[: index + 1])
    return path
