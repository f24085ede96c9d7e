"""requirements.txt, line by line, as pip reads it and as MWAA looks at it.

Sources
  pip  pip.pypa.io/en/stable/reference/requirements-file-format/
  IMG  github.com/aws/amazon-mwaa-docker-images at 9d2bebb, images/airflow/<v>/python/mwaa/utils/user_requirements.py
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

Kind = Literal["requirement", "constraint", "option", "comment", "blank", "unreadable"]
Constrained = Literal["named", "opted out", "forced"]

_COMMENT = re.compile(r"(^|\s+)#.*$")
_MWAA_LOOKS_FOR = re.compile(r"-c |--constraint ")  # IMG _requirements_has_constraints, on every line as it stands
_VCS = re.compile(r"^(git|hg|svn|bzr)\+", re.IGNORECASE)
_URL = re.compile(r"^(https?|ftp|file|s3|gs):", re.IGNORECASE)
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar")
_USER = re.compile(r"(?<=://)(?!git@)[^/@\s]+(?=@)")

_OPTIONS = {
    "-c": "--constraint", "-r": "--requirement", "-e": "--editable", "-i": "--index-url", "-f": "--find-links",
    "--pypi-url": "--index-url",
}  # fmt: skip
_WITH_VALUE = frozenset(
    {
        "--constraint", "--requirement", "--editable", "--index-url", "--extra-index-url", "--find-links",
        "--no-binary", "--only-binary", "--trusted-host", "--use-feature", "--uploaded-prior-to",
    }
)  # fmt: skip
_WITHOUT_VALUE = frozenset({"--no-index", "--prefer-binary", "--require-hashes", "--pre"})
_OF_A_REQUIREMENT = frozenset({"--hash", "--config-settings", "--global-option", "--install-option"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line as pip sees it: lines that end with a backslash are one with the next, under the first one's number."""

    number: int
    """Counts from 1."""
    text: str
    """As in the file, without its line end; several lines if they are continued."""
    kind: Kind
    requirement: Requirement | None = None
    """Of a line that names a package; None for a path or an address without `name @`."""
    option: str = ""
    """The long name of an option, such as `--index-url`."""
    value: str = ""
    """The value of an option; the address or path of a requirement that is one; why a line is unreadable."""
    hashes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The normalized name of the package; empty if the line does not name it."""
        if self.requirement:
            return canonicalize_name(self.requirement.name)
        if self.kind == "requirement" and self.value.endswith(".whl"):
            try:
                return parse_wheel_filename(self.value.rsplit("/", 1)[-1])[0]
            except InvalidWheelFilename:
                return ""
        return ""

    @property
    def pin(self) -> str | None:
        """The one version it allows, if it is an exact pin (`==1.2` or `===1.2`, no wildcard)."""
        if self.requirement is None:
            return None
        exact = [
            part.version
            for part in self.requirement.specifier
            if part.operator in ("==", "===") and not part.version.endswith(".*")
        ]
        return exact[0] if exact else None

    @property
    def is_vcs(self) -> bool:
        return bool(_VCS.match(self.value))

    @property
    def is_path(self) -> bool:
        """Whether it names a file or folder, also as `file:`."""
        is_address = bool(_URL.match(self.value)) and not self.value.lower().startswith("file:")
        return self.kind == "requirement" and bool(self.value) and not self.is_vcs and not is_address

    @property
    def path(self) -> str:
        """The file or folder that a path names, without `file://`."""
        return re.sub(r"^file:(//)?", "", self.value, flags=re.IGNORECASE) if self.is_path else ""

    @property
    def is_detected(self) -> bool:
        """Whether MWAA's image sees a constraint in it: it looks for "-c " and "--constraint " in the text, comments
        too, and so neither for `--constraint=...` nor for a tab."""
        return any(_MWAA_LOOKS_FOR.search(line) for line in self.text.splitlines())


@dataclass(frozen=True, slots=True)
class RequirementsFile:
    """A whole requirements.txt."""

    text: str
    lines: tuple[Line, ...]

    @property
    def requirements(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind == "requirement")

    @property
    def constraints(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind == "constraint")

    def options(self, name: str) -> tuple[Line, ...]:
        """Return the lines that set this option, by its long name."""
        return tuple(line for line in self.lines if line.option == name)

    @property
    def constrained(self) -> Constrained:
        """How MWAA applies constraints: "named" applies those of the file; "opted out" applies only MWAA's essential
        pins, because a comment or another line looks like a constraint; "forced" adds the release's own to the
        file. IMG."""
        detected = [line for line in self.lines if line.is_detected]
        if any(line.kind == "constraint" for line in detected):
            return "named"
        return "opted out" if detected else "forced"


def parse(text: str) -> RequirementsFile:
    """Read any text; a line that pip cannot read has the kind "unreadable". Never raises."""
    text = text.removeprefix("\ufeff")
    return RequirementsFile(text, tuple(_line(number, raw, joined) for number, raw, joined in _logical(text)))


def hide_secrets(text: str) -> str:
    """Return the text with the user names and passwords of addresses replaced by `***`."""
    return _USER.sub("***", text)


def has_secret(address: str) -> bool:
    """Return whether an address has a user name or password in it, rather than a variable such as `${TOKEN}`."""
    return any("${" not in found for found in _USER.findall(address))


def normalize_address(address: str) -> str:
    """Return an address as it is compared: without quotes, user, query, fragment and final slash."""
    try:
        parts = urlsplit(address.strip("\"'"))
    except ValueError:
        return address
    return urlunsplit((parts.scheme, parts.netloc.rsplit("@", 1)[-1], parts.path, "", "")).rstrip("/")


def _logical(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the number, the text and the joined text of each line, as pip joins lines."""
    start, written, joined = 0, list[str](), list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        is_comment = bool(re.match(r"(^|\s+)#", line))
        start = start or number
        written.append(line)
        if line.endswith("\\") and not is_comment:
            joined.append(line.removesuffix("\\"))
            continue
        yield start, "\n".join(written), "".join([*joined, f" {line}" if is_comment and joined else line])
        start, written, joined = 0, [], []
    if written:
        yield start, "\n".join(written), "".join(joined)


def _line(number: int, text: str, joined: str) -> Line:
    meant = _COMMENT.sub("", joined).strip()
    if not meant:
        return Line(number, text, "comment" if text.strip().startswith("#") else "blank")
    return _option(number, text, meant) if meant.startswith("-") else _requirement(number, text, meant)


def _option(number: int, text: str, meant: str) -> Line:
    try:
        first, *rest = shlex.split(meant)
    except ValueError as error:
        return Line(number, text, "unreadable", value=str(error).lower())
    name, equals, value = first.partition("=")
    if not first.startswith("--"):
        name, value = first[:2], first[2:].removeprefix("=")
        equals = value
    name = _OPTIONS.get(name, name)
    if name in _WITHOUT_VALUE:
        return Line(number, text, "option", option=name)
    if name not in _WITH_VALUE:
        return Line(number, text, "unreadable", value=f"pip knows no option {name} in a requirements file")
    if not equals:
        value = rest[0] if rest else ""
    if not value:
        return Line(number, text, "unreadable", value=f"{name} needs a value")
    if name == "--editable":
        return Line(number, text, "requirement", option=name, value=value)
    return Line(number, text, "constraint" if name == "--constraint" else "option", option=name, value=value)


def _requirement(number: int, text: str, meant: str) -> Line:
    words = re.split(r"\s+(?=--?[a-zA-Z])", meant)
    given, hashes = words[0].strip(), list[str]()
    for word in words[1:]:
        name, _, value = word.replace("=", " ", 1).partition(" ")
        if name not in _OF_A_REQUIREMENT:
            return Line(number, text, "unreadable", value=f"pip knows no option {name} of a requirement")
        if name == "--hash":
            hashes.append(value.strip())
    if _VCS.match(given) or _URL.match(given) or _is_path(given):
        return Line(number, text, "requirement", value=given.strip("\"'"), hashes=tuple(hashes))
    try:
        requirement = Requirement(given)
    except InvalidRequirement as error:
        return Line(number, text, "unreadable", value=str(error).splitlines()[0])
    return Line(number, text, "requirement", requirement, value=requirement.url or "", hashes=tuple(hashes))


def _is_path(given: str) -> bool:
    if " @ " in given or "@" in given.split("/")[0]:
        return False
    before_marker = given.split(";")[0].strip()
    return before_marker.startswith((".", "/", "~")) or before_marker.lower().endswith(_ARCHIVES)
