"""How a publish fails."""


class PublishError(Exception):
    """The publish, rollback or list cannot be done, or not to its end; `mend` says what to do about it.

    Whatever was begun is known to the next run, which completes it.
    """

    def __init__(self, text: str, mend: str = "") -> None:
        super().__init__(text)
        self.mend = mend
