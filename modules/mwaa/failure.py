"""The error that a person can fix."""


class Failure(Exception):
    """Something a person can fix: the text says what is wrong, `fix` what to do about it where that is known."""

    status = 1
    """The exit status of a command that ends with it."""

    def __init__(self, text: str, fix: str = "") -> None:
        super().__init__(text)
        self.fix = fix
