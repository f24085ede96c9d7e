"""The value types of the model. Each says what it allows, for error messages and the reference page."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES, ENVIRONMENT_CLASSES_SOURCE
from mwaa.aws_facts.logs import LOG_RETENTION_DAYS
from mwaa.aws_facts.regions import REGIONS, REGIONS_SOURCE
from mwaa.aws_facts.releases import RELEASES, RELEASES_SOURCE, supported_versions
from mwaa.aws_facts.user_guide import guide
from mwaa.config.errors import did_you_mean, refuse

API = "https://docs.aws.amazon.com/mwaa/latest/API/API_CreateEnvironment.html"

NAME_LIMIT = 27
"""Length limit of a workspace name: with account and region it must fit the 63 characters of a bucket name."""


@dataclass(frozen=True, slots=True)
class Text:
    """A validator for texts that match a pattern (with ASCII classes) as a whole. `fix` may depend on the value."""

    expected: str
    pattern: str
    fix: str | Callable[[object], str] = ""
    docs: str = ""

    def matches(self, value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(self.pattern, value, re.ASCII) is not None

    def __call__(self, value: object) -> object:
        if self.matches(value):
            return value
        fix = self.fix if isinstance(self.fix, str) else self.fix(value)
        raise refuse(value, self.expected, fix, self.docs)


@dataclass(frozen=True, slots=True)
class Whole:
    """A validator for whole numbers from a set."""

    expected: str
    values: Collection[int]
    docs: str = ""

    def __call__(self, value: object) -> int:
        if type(value) is int and value in self.values:
            return value
        quoted = isinstance(value, str) and value in map(str, self.values)
        raise refuse(value, self.expected, f"write {value} without quotes" if quoted else "", self.docs)


def _account_fix(value: object) -> str:
    if type(value) is int and len(str(value)) == 12:
        return f'write "{value}"'
    return "aws sts get-caller-identity"


def _region_fix(value: object) -> str:
    if isinstance(value, str) and (zone := re.fullmatch(r"(.+-\d)[a-z]", value)) and zone[1] in REGIONS:
        return f'this is an availability zone: write "{zone[1]}"'
    return ""


def _release(value: object) -> object:
    release, today = RELEASES.get(str(value)), date.today()
    if isinstance(value, str) and release and release.is_supported(today):
        return value
    offered = supported_versions(today)
    fix = ""
    if release:
        fix = f"MWAA's support of {release.version} ended on {release.end_of_support}: use one of these"
    elif whole := [version for version in offered if version.startswith(str(value).rstrip(".") + ".")]:
        fix = f'write the whole version, such as "{whole[0]}"'
    raise refuse(value, "a release that MWAA supports: " + ", ".join(offered), fix, RELEASES_SOURCE)


def _class_fix(value: object) -> str:
    return did_you_mean(value, ENVIRONMENT_CLASSES)


def _key_fix(value: object) -> str:
    if ":alias/" in str(value) or str(value).startswith("alias/"):
        return "MWAA accepts no alias: write the ARN of the key behind it"
    if "mrk-" in str(value):
        return "MWAA accepts no multi-Region key: use a single-Region one"
    return "copy the key's ARN from the KMS console"


def _normalize_path(path: str) -> str:
    return str(PurePosixPath(path))


def minutes(duration: str) -> int:
    """Return the length of a `Duration` in minutes."""
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?", duration)
    assert match, duration
    return int(match[1] or 0) * 60 + int(match[2] or 0)


WORKSPACE_NAME = Text(
    f"1-{NAME_LIMIT} lowercase letters and digits, words joined by -, beginning with a letter",
    rf"(?=.{{1,{NAME_LIMIT}}}$)[a-z][a-z0-9]*(-[a-z0-9]+)*",
    "rename the file: its path below environments/ is the name, folders joined by -",
)
WorkspaceName = Annotated[str, BeforeValidator(WORKSPACE_NAME)]
Account = Annotated[
    str, BeforeValidator(Text("the 12 digits of an AWS account id, in quotes", "[0-9]{12}", _account_fix))
]
AirflowVersion = Annotated[str, BeforeValidator(_release)]
EnvironmentClassName = Annotated[
    str,
    BeforeValidator(
        Text(", ".join(ENVIRONMENT_CLASSES), "|".join(ENVIRONMENT_CLASSES), _class_fix, ENVIRONMENT_CLASSES_SOURCE)
    ),
]
Region = Annotated[
    str,
    BeforeValidator(
        Text("a region that offers MWAA: " + ", ".join(sorted(REGIONS)), "|".join(REGIONS), _region_fix, REGIONS_SOURCE)
    ),
]
ENVIRONMENT_FORM = "[a-zA-Z][0-9a-zA-Z_-]{0,79}"
EnvironmentName = Annotated[
    str,
    BeforeValidator(Text("1-80 letters, digits, - and _, beginning with a letter", ENVIRONMENT_FORM, docs=API)),
]
BucketName = Annotated[
    str,
    BeforeValidator(
        Text(
            "9-63 lowercase letters, digits and -, beginning with airflow- and ending with a letter or digit",
            "airflow-[a-z0-9]([a-z0-9-]{0,53}[a-z0-9])?",
            docs=guide("mwaa-s3-bucket"),
        )
    ),
]
KeyArn = Annotated[
    str,
    BeforeValidator(
        Text(
            "the ARN of a single-Region KMS key: arn:aws:kms:<region>:<account>:key/<id>",
            "arn:aws(-[a-z]+)?:kms:[a-z]{2}-[a-z]+-[0-9]:[0-9]{12}:key/[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}",
            _key_fix,
            guide("custom-keys-certs"),
        )
    ),
]
MaintenanceWindow = Annotated[
    str,
    BeforeValidator(
        Text(
            'a weekday and a UTC time on the hour or half hour, MON to SUN, such as "TUE:03:30"',
            "(MON|TUE|WED|THU|FRI|SAT|SUN):([01][0-9]|2[0-3]):(00|30)",
            docs=API,
        )
    ),
]
Duration = Annotated[
    str,
    BeforeValidator(
        Text(
            'hours and minutes in the form of Terraform: "90m", "13h", "1h30m"',
            "(?=.*[1-9])([0-9]{1,4}h)?([0-9]{1,4}m)?",
        )
    ),
]
BucketPath = Annotated[
    str,
    BeforeValidator(
        Text(
            "a path in the bucket without / at either end and without . or .. as a part: "
            "1-1024 letters, digits, spaces and !-_.'()",
            r"(?=.{1,1024}$)(?!(.*/)?\.\.?(/|$))[0-9A-Za-z !_.'()-]+(/[0-9A-Za-z !_.'()-]+)*",
            # What S3 calls safe, and the space, but for *, which stands for every key in a policy. Terraform and shells
            # interpret others, such as $ and {.
            docs="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html",
        )
    ),
]
ProjectPath = Annotated[
    str,
    BeforeValidator(
        Text(
            "a path inside the project, relative to its root, with / between folders and without ..",
            r"(?!/)(?!(.*/)?\.\.(/|$))(?!(\.?/+)*\.?$)[^\\\x00-\x1f]+",
        )
    ),
    AfterValidator(_normalize_path),
]
AllocationId = Annotated[
    str,
    BeforeValidator(
        Text(
            "the allocation id of an Elastic IP: eipalloc- and 8 or 17 hexadecimal digits",
            "eipalloc-([0-9a-f]{8}|[0-9a-f]{17})",
            "aws ec2 describe-addresses",
        )
    ),
]
LogRetention = Annotated[
    int,
    BeforeValidator(
        Whole(
            "a number of days that CloudWatch Logs offers: " + ", ".join(map(str, LOG_RETENTION_DAYS)),
            LOG_RETENTION_DAYS,
            "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        )
    ),
]
