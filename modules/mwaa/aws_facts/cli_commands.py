"""The commands of Airflow's command line that MWAA runs. Source: UG airflow-cli-command-reference, copy of 2026."""

from collections.abc import Sequence

_SINCE = {
    "assets": "details=3.0 list=3.0 materialize=3.0",
    "backfill": "create=3.0",
    "cheat-sheet": "",
    "connections": "add delete",
    "dags": "backfill delete list list-jobs list-import-errors list-runs next-execution pause report reserialize show "
    "state test trigger unpause",
    "db": "clean",
    "providers": "behaviours get hooks links list notifications=2.8 secrets triggerer widgets",
    "roles": "add-perms del-perms create list",
    "tasks": "clear failed-deps list render run state states-for-dag-run test",
    "variables": "delete get set list",
    "version": "",
}
"""Group -> its commands; `=3.0` is the release that added one, if MWAA offers older ones."""
_ENDED = {("dags", "backfill"): (3, 0), ("tasks", "run"): (3, 0)}


def is_supported(arguments: Sequence[str], airflow_version: str) -> bool:
    """Whether MWAA runs `airflow <arguments>` in this release. MWAA takes no options before the command."""
    release = _numbers(airflow_version)
    if not arguments or arguments[0] not in _SINCE:
        return False
    group, named = arguments[0], _SINCE[arguments[0]].split()
    if not named:
        return True
    since = {name: _numbers(version or "2.0") for name, _, version in (one.partition("=") for one in named)}
    command = arguments[1] if len(arguments) > 1 else ""
    ended = _ENDED.get((group, command))
    return command in since and since[command] <= release and (ended is None or release < ended)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
