"""User names and passwords in requirements.txt."""

from collections.abc import Iterator

from mwaa.checks.finding import Finding
from mwaa.checks.requirements_subject import (
    RequirementsSubject,
    shown_line,
)
from mwaa.checks.rule import Rule

SECRET = Rule(
    "requirements-secret",
    "A line holds a user name or password.",
    "Everyone who can read the repository, the bucket or the installation log can read it.",
    "https://pip.pypa.io/en/stable/topics/authentication/",
)

RULES = (SECRET,)


def check(subject: RequirementsSubject) -> Iterator[Finding]:
    from mwaa.requirements.file import has_secret

    file = subject.requirements_file
    if file is None:
        return
    shown = subject.shown["requirements"]
    for line in file.lines:
        if line.kind not in ("comment", "blank") and has_secret(line.text):
            found = f"a user name or password is in the line: {shown_line(line)}"
            fix = "export it in the startup script from Secrets Manager and write ${NAME} here; change the password"
            yield SECRET.finding("error", found, fix, shown, line.number)
