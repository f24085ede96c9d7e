"""`main.py`, but for the pipeline of `prod`: the peers' programs have none."""

import os
from dataclasses import replace
from pathlib import Path

from mwaa.config import Content, Definition, SynthesisTarget, discover
from mwaa.provider import cdktf
from mwaa.stack import WorkspaceStack

ROOT = Path(__file__).resolve().parent.parent


def without_pipeline(definition: Definition) -> Definition:
    """The workspace as it would be if Terraform shipped its content."""
    plain = definition.workspace.model_copy(update={"pipeline": None, "content": Content()})
    return replace(definition, workspace=plain)


app = cdktf.App(skip_validation=True)
for found in discover(ROOT).values():
    WorkspaceStack(app, without_pipeline(found), root=ROOT, target=SynthesisTarget.from_environ(os.environ))
app.synth()
