"""How a local deployment fails."""

from mwaa.failure import Failure


class DeployError(Failure):
    """Something needed is missing, or Terraform did not end as it should; the text is what Terraform said."""
