"""A workspace with its place in the project."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mwaa.config.existing_network import AnyNetwork
from mwaa.config.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Definition:
    """A workspace, its file (relative to the root), and the file's own `extend(stack)` if it has one.

    `imports` maps Terraform addresses to the ids of AWS resources that the next apply takes into the state.
    `network` is the one in which the environment runs: of `NetworkOf`, that of the other workspace.
    `is_resolved` is True in a repository of content alone, where the workspace is read from what its deployment wrote.
    """

    workspace: Workspace
    file: str
    extend: Callable[[Any], None] | None = None
    imports: Mapping[str, str] = field(default_factory=dict)
    network: AnyNetwork | None = None
    is_resolved: bool = False

    @property
    def name(self) -> str:
        return self.workspace.name

    @property
    def has_content_elsewhere(self) -> bool:
        """Whether the content has a repository of its own, which this is not."""
        pipeline = self.workspace.pipeline
        return pipeline is not None and pipeline.content_only and not self.is_resolved
