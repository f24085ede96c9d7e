"""How a deployment onto the embedded AWS fails."""

from mwaa.failure import Failure


class DeployError(Failure):
    """Something needed is missing, or Terraform did not end as it should; the text is what Terraform said."""
