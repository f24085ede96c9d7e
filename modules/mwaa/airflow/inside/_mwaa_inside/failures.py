# mypy: ignore-errors
"""The description of an import that failed: kind, message, line, and whether it would fail on MWAA too."""

import os
import re
import traceback

from .observations import CONTENT, SEEN, deepest, location

MWAA_HOME = "/usr/local/airflow/"


def describe_failure(error, fallback=None):
    """Return the description of an exception that ended an import; `fallback` is its place if no other is known."""
    kind = type(error).__name__
    message = str(error)
    if isinstance(error, SyntaxError):
        message = error.msg
    if isinstance(error, KeyError) and error.args:
        message = str(error.args[0])
    if kind == "AirflowTaskTimeout":
        kind, message = "Timeout", message.splitlines()[0]
    return {
        "kind": kind,
        "message": message,
        "where": deepest(error) or fallback,
        "module": getattr(error, "name", None) if isinstance(error, ImportError) else None,
        "name": _missing_name(error),
        "unproved": _why_unproved(error),
        "trace": _content_trace(error),
    }


def describe_text(kind, message, where):
    return {
        "kind": kind,
        "message": message,
        "where": where,
        "module": None,
        "name": None,
        "unproved": "",
        "trace": "",
    }


def _missing_name(error):
    """Return X of `from module import X` where module has no X."""
    if not isinstance(error, ImportError) or isinstance(error, ModuleNotFoundError):
        return None
    found = re.search(r"cannot import name '([^']+)'", str(error))
    return found and found[1]


def _content_trace(error):
    """Return the lines of the traceback that are in the content, without those of Airflow and of packages."""
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error)).strip()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if location(frame.filename, frame.lineno)]
    return "".join([*traceback.format_list(frames), *traceback.format_exception_only(error)]).strip()


def _causes(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _why_unproved(error):
    """Return what the file needs that only a running environment has; empty if it would fail on MWAA as well."""
    for one in _causes(error):
        if isinstance(one, FileNotFoundError) and str(one.filename or "").startswith(MWAA_HOME):
            path = str(one.filename)
            there = any(
                path.startswith(f"{MWAA_HOME}{folder}/") and os.path.exists(here + path[len(f"{MWAA_HOME}{folder}/") :])
                for folder, here in CONTENT
            )
            return f"reads {path}, which {'the content has' if there else 'is not in the content'}"
        if isinstance(one, ConnectionRefusedError) and "mwaa check lets no DAG file" in str(one):
            return f"needs the network: {str(one).rsplit(': ', 1)[1]}"
        if "no such table" in str(one) and type(one).__name__ == "OperationalError":
            return "reads Airflow's metadata database"
    # Without a default, Airflow raises an exception of its own, which differs by release.
    missing = [seen for seen in SEEN["variables"] if not seen["known"]]
    text = " ".join(str(one) for one in _causes(error))
    for seen in reversed(missing):
        named = re.search(rf"(?<![\w-]){re.escape(str(seen['name']))}(?![\w-])", text)
        if named or f"{seen['kind'].upper()}_NOT_FOUND" in text:  # Airflow 3.0 does not name it
            return f"needs the {seen['kind']} {seen['name']}"
    network = [entry["target"] for entry in SEEN["network"]]
    of_aws = type(error).__module__.startswith(
        ("botocore", "boto3")
    )  # which looks for credentials on the network first
    if network and (of_aws or any(target in text for target in network)):
        return f"needs the network: {network[-1]}"
    return ""
