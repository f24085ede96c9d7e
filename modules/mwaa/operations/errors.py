"""The error of a request to AWS that cannot be made."""

from mwaa.failure import Failure


class AccessError(Failure):
    """AWS cannot be asked: no credentials, expired ones, those of another account, or no connection."""

    status = 2
