"""How a local deployment fails."""


class DeployError(Exception):
    """Something needed is missing, or Terraform did not end as it should.

    The text says what was looked for, or what Terraform said; `mend` says what to do, where that is known.
    """

    def __init__(self, text: str, mend: str = "") -> None:
        super().__init__(text)
        self.mend = mend
