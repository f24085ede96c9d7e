"""Sizes that slow MWAA down.

Why: every component downloads and unpacks plugins.zip when it starts, and fetches each changed file of the DAG tree
within 30 seconds onto a disk of 20 GB. Source: MWAA user guide, pages configuring-dag-import-plugins and
configuring-dag-folder.
"""

from collections.abc import Iterator

from mwaa.aws_facts.user_guide import guide
from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.subject import Subject

MB = 1_000_000
PLUGINS_ADVICE = 1_000 * MB
"""AWS's advice for plugins.zip."""
DAG_FILE_ADVICE = 10 * MB
"""Ours: a file of this size in the DAG tree is data, and every component fetches it whenever it changes."""

PLUGINS_SIZE = Rule(
    "plugins-size",
    "plugins.zip is larger than the 1 GB that AWS advises at most.",
    "Components start slowly, and an update may run out of time.",
    guide("configuring-dag-import-plugins"),
)
DAG_FILE_SIZE = Rule(
    "dag-file-size",
    f"A file of the DAG folder is larger than {DAG_FILE_ADVICE // MB} MB.",
    "Every scheduler, worker and webserver keeps a copy and fetches it again whenever it changes.",
    guide("configuring-dag-folder"),
)
RULES = (
    PLUGINS_SIZE,
    DAG_FILE_SIZE,
)


def check(subject: Subject) -> Iterator[Finding]:
    if subject.plugins_zip and (size := subject.plugins_zip.stat().st_size) > PLUGINS_ADVICE:
        yield PLUGINS_SIZE.finding(
            "warning",
            f"plugins.zip would be {size / 1e9:.1f} GB, more than the 1 GB that AWS advises at most",
            "leave data out of it, and read it from S3 where it is needed",
            subject.shown["plugins"],
        )
    for file in subject.dags:
        if (size := file.path.stat().st_size) > DAG_FILE_ADVICE:
            yield DAG_FILE_SIZE.finding(
                "warning",
                f"a file of {size / MB:.0f} MB in the DAG folder, which every component copies",
                "put data into a bucket, and read it when a task runs",
                file.shown,
            )
