"""How a question to AWS fails."""


class AccessError(Exception):
    """AWS cannot be asked: no credentials, expired ones, those of another account, or no connection.

    The text says what was found; `mend` what to do.
    """

    def __init__(self, text: str, mend: str) -> None:
        super().__init__(text)
        self.mend = mend
