# mypy: ignore-errors
"""What is observed while content is imported, and where in the content it happens."""

import functools
import sys
import traceback

CONTENT = []  # (folder's name, its path with a slash at the end): where the user's own code lies
SEEN = {"network": [], "variables": [], "programs": [], "deprecations": []}
DAG_LINES = {}  # id(dag) -> the line that made it
WARNED = []  # the category of each warning of Airflow's, wherever it was raised
DEPRECATED = set()  # Airflow's modules that warn when they are imported


@functools.cache
def is_airflow_2():
    import airflow

    return airflow.__version__.startswith("2.")


def clear():
    """Forget what was observed in one import."""
    for seen in SEEN.values():
        seen.clear()
    DAG_LINES.clear()


def location(filename, line):
    """Return the place in the content, or None for a file of Airflow, a package or Python itself."""
    for folder, path in CONTENT:
        if filename.startswith(path):
            return {"folder": folder, "file": filename[len(path) :], "line": line}
    return None


def caller():
    """Return the innermost line of the content that is running, or None if only Airflow or a package runs."""
    frame = sys._getframe(1)
    while frame is not None:
        if found := location(frame.f_code.co_filename, frame.f_lineno):
            return found
        frame = frame.f_back
    return None


def deepest(error):
    """Return where in the content an exception was raised."""
    found = None
    if isinstance(error, SyntaxError) and error.filename:
        found = location(error.filename, error.lineno)
    for frame, line in traceback.walk_tb(error.__traceback__) if not found else ():
        found = location(frame.f_code.co_filename, line) or found
    return found


def record(happening, /, **what):
    """Record something that the running line of the content does, once."""
    if place := caller():
        entry = {"where": place, **what}
        if entry not in SEEN[happening]:
            SEEN[happening].append(entry)
