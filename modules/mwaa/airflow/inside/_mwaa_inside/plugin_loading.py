# mypy: ignore-errors
"""Loads the plugins as Airflow does, and keeps the exception of each that fails."""

import importlib

from .failures import describe_failure, describe_text
from .observations import location


def load_plugins():
    """Return the plugins of the plugins folder, and the failures of those that do not load."""
    from airflow import plugins_manager

    failures = {}
    original = importlib.machinery.SourceFileLoader.exec_module

    def exec_module(self, module):
        try:
            return original(self, module)
        except BaseException as error:
            failures[self.path] = error
            raise

    importlib.machinery.SourceFileLoader.exec_module = exec_module
    try:
        plugins_manager.ensure_plugins_loaded()
        # As Airflow does before it parses, so that macros can be imported.
        integrate = getattr(plugins_manager, "integrate_macros_plugins", None)
        if integrate:
            integrate()
    finally:
        importlib.machinery.SourceFileLoader.exec_module = original
    if hasattr(plugins_manager, "_get_plugins"):
        plugins, errors = plugins_manager._get_plugins()
    else:
        plugins, errors = plugins_manager.plugins or [], plugins_manager.import_errors
    failed = []
    for path, message in errors.items():
        error = failures.get(path)
        if error is None:
            failed.append(describe_text("", str(message), location(path, None)))
        else:
            failed.append(describe_failure(error, location(path, None)))
    return {
        "plugins": [
            {"name": plugin.name, "macros": [getattr(macro, "__name__", str(macro)) for macro in plugin.macros or ()]}
            for plugin in plugins
            if "PluginsDirectorySource" in type(plugin.source).__name__
        ],
        "errors": failed,
    }
