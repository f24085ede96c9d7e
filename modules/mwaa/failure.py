"""The base class of errors that a person can fix."""


class Failure(Exception):
    """An error that a person can fix: the text says what is wrong, `fix` what to do, if that is known."""

    status = 1
    """The exit status of a command that fails with this error."""

    def __init__(self, text: str, fix: str = "") -> None:
        super().__init__(text)
        self.fix = fix
