"""What prevents shipping: everything that building the bundle refuses.

Why: Terraform would upload nothing, or MWAA would get what it cannot use. Source: `mwaa.content.build`.
"""

import re
from collections.abc import Iterator

from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.subject import Subject

CONTENT = Rule(
    "content",
    "A file or folder of the content cannot be shipped.",
    "The bundle is not built, so nothing is deployed.",
)
RULES = (CONTENT,)


def check(subject: Subject) -> Iterator[Finding]:
    for problem in subject.problems:
        line = re.search(r"\bline (\d+)\b", problem.got)
        yield CONTENT.finding(
            "error",
            f"{problem.got}; expected: {problem.expected}",
            problem.fix,
            problem.file,
            int(line[1]) if line else None,
            docs=problem.docs,
        )
