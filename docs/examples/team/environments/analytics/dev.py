"""The analytics team: its content lies in this repository, in teams/analytics/."""

from environments._defaults import DEV, tags
from mwaa import Content, Network, Workspace

workspace = Workspace(
    **DEV,
    network=Network(cidr="10.30.0.0/20"),
    content=Content(
        dags="teams/analytics/dags",
        plugins=None,
        requirements="teams/analytics/requirements.txt",
        startup_script=None,
    ),
    tags=tags("analytics"),
)
