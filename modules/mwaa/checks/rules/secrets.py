"""Credentials written into files that are shipped.

Why: the source bucket, its old object versions and every component keep them, and Airflow shows a DAG's code to
everyone who may see the DAG. Found by detect-secrets. What has the form of a key of one particular service is an error;
a text that is assigned to a name such as "password" is a warning. Its detectors of high entropy are not used: of ten
findings in real DAGs, nine are hashes, ids and base64. A line that ends with `# pragma: allowlist secret` is left
alone.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.subject import ContentFile, Subject

SOURCE = "https://docs.aws.amazon.com/mwaa/latest/userguide/connections-secrets-manager.html"

SECRET = Rule(
    "secret",
    "A file that is shipped contains a password, key or token.",
    "Everyone who can read the source bucket, or see the DAG's code in Airflow, can read it.",
    SOURCE,
)
RULES = (SECRET,)

_CERTAIN = (
    *("AWSKeyDetector", "AzureStorageKeyDetector", "DiscordBotTokenDetector", "GitHubTokenDetector"),
    *("GitLabTokenDetector", "MailchimpDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector"),
    *("PypiTokenDetector", "SendGridDetector", "SlackDetector", "SquareOAuthDetector", "StripeDetector"),
)
_LIKELY = ("BasicAuthDetector", "JwtTokenDetector", "KeywordDetector", "TwilioKeyDetector")
_FILTERS = (
    "allowlist.is_line_allowlisted",
    *(
        f"heuristic.{name}"
        for name in (
            *("is_sequential_string", "is_potential_uuid", "is_templated_secret", "is_prefixed_with_dollar_sign"),
            *("is_indirect_reference", "is_lock_file", "is_not_alphanumeric_string"),
        )
    ),
)
_LARGEST = 1_000_000
"""Bytes of a file that is still read: larger ones are data."""

_NAME_OF = re.compile(r"(?i)(name|id|arn|path|file|variable|var|prefix|suffix|field|column|alias|url|uri|type)s?\W*$")
"""What ends so is the name or place of a secret, not the secret: `secret_name = "prod/db"`."""
_IDENTIFIER = re.compile(r"[A-Za-z]+([_/.: -]+[A-Za-z0-9]+)*")
"""Words are names of things, or stand in for a password in an example."""


def check(subject: Subject) -> Iterator[Finding]:
    from detect_secrets.settings import transient_settings

    single = (file for file in (subject.requirements, subject.startup_script) if file)
    settings = {
        "plugins_used": [{"name": name} for name in _CERTAIN + _LIKELY],
        "filters_used": [{"path": f"detect_secrets.filters.{name}"} for name in _FILTERS],
    }
    with transient_settings(settings):
        patterns = _patterns()
        for file in (*subject.dags, *subject.plugins, *single):
            if file.path.stat().st_size <= _LARGEST and any(one.search(file.text()) for one in patterns):
                yield from _in_file(file)


def _patterns() -> list[re.Pattern[str]]:
    """What the detectors look for. A file in which nothing of it stands is not gone through line by line, which takes
    detect-secrets 10 ms for 70 lines."""
    from detect_secrets.plugins.keyword import DENYLIST
    from detect_secrets.settings import get_plugins

    words = re.compile("|".join(DENYLIST), re.IGNORECASE)
    return [words, *(pattern for plugin in get_plugins() for pattern in getattr(plugin, "denylist", ()))]


def _in_file(file: ContentFile) -> Iterator[Finding]:
    from detect_secrets.core.scan import scan_file

    lines = file.text().splitlines()
    reported: set[int] = set()
    found = sorted(scan_file(str(file.path)), key=lambda secret: (secret.line_number, secret.type in _UNSURE))
    for secret in found:
        value = secret.secret_value or ""
        line = lines[secret.line_number - 1] if secret.line_number <= len(lines) else ""
        if secret.line_number in reported or _harmless(secret.type, value, line):
            continue
        reported.add(secret.line_number)
        yield SECRET.finding(
            "warning" if secret.type in _UNSURE else "error",
            _UNSURE.get(secret.type, f"{_article(secret.type)} {secret.type}"),
            "revoke it, and keep the new one in AWS Secrets Manager as a connection or variable; if it is no secret, "
            'end the line with "# pragma: allowlist secret"',
            file.shown,
            secret.line_number,
        )


_UNSURE = {
    "Secret Keyword": "what looks like a password or key, written out",
    "Basic Auth Credentials": "what looks like a password in an address",
    "JSON Web Token": "what looks like a JSON Web Token",
    "Twilio API Key": "what looks like a Twilio API key",
}


def _article(words: str) -> str:
    return "an" if words[0] in "AEIOU" else "a"


def _harmless(kind: str, value: str, line: str) -> bool:
    """Whether it is AWS's own example, a placeholder, or only the name of a secret."""
    if value.endswith(("EXAMPLE", "EXAMPLEKEY")) or Path(value).name in ("", "***"):
        return True
    before = line.split(value)[0] if value in line else line
    if kind == "Secret Keyword":
        return bool(_IDENTIFIER.fullmatch(value)) or bool(_NAME_OF.search(re.split(r"[=:]", before)[0].strip("\"' ")))
    if kind == "Basic Auth Credentials":
        return bool(_IDENTIFIER.fullmatch(value)) or value.startswith(("{", "<", "%", "$"))
    return False
