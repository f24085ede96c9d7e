"""What stands where in `.mwaa/`, the folder of a project that holds everything built on this machine.

Paths are relative to the project's root. Git ignores the folder, and `make clean` removes it. The Makefile adds the
environments of tools whose pins would conflict with ours: checkov and the peers of the benchmarks.
"""

from pathlib import Path

FOLDER = Path(".mwaa")

BIN = FOLDER / "bin"
"""Programs that `make setup` downloads: Terraform, where the machine has none."""

PLUGIN_CACHE = FOLDER / "terraform-plugins"
"""Providers that Terraform downloaded, kept between deployments."""

DEPLOY_LOCK = FOLDER / "deploy.lock"
"""Held by the one deployment that runs. It stands outside EMBEDDED, which `mwaa local down` removes."""

EMBEDDED = FOLDER / "local"
"""Everything of the embedded AWS and what is deployed onto it; `mwaa local down` removes it.

A lock file of the same name with the ending `.lock` stands beside it.
"""

EMBEDDED_STATE = EMBEDDED / "state"
"""Terraform's state of each workspace on the embedded AWS."""

EMBEDDED_OUTPUT = EMBEDDED / "cdktf.out"
"""The stacks as they were synthesized for the embedded AWS."""

EMBEDDED_LOG = EMBEDDED / "log"
"""What `cdktf` and Terraform printed, a file for each workspace and command."""

TERRAFORM_CONFIG = EMBEDDED / "terraform.rc"
"""Terraform's CLI configuration where providers come from a mirror."""

AIRFLOW = EMBEDDED / "airflow"
"""The local Airflow of each workspace: metadata, logs and the content that it fetched."""
