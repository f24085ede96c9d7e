"""The Airflow releases that real Airflow is tested with: one of each major in every run, all of them on demand."""

import pytest

RELEASES_UNDER_TEST = ("2.10.3", "2.11.2", "3.0.6", "3.2.1", "3.3.1")
ALWAYS = ("2.11.2", "3.2.1")

by_release = pytest.mark.parametrize(
    "airflow_version",
    [
        pytest.param(version, marks=() if version in ALWAYS else pytest.mark.releases, id=version)
        for version in RELEASES_UNDER_TEST
    ],
)
"""Runs a test under each release; those beside `ALWAYS` only in `make test-releases`."""
