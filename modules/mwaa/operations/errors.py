"""How a question to AWS fails."""

from mwaa.failure import Failure


class AccessError(Failure):
    """AWS cannot be asked: no credentials, expired ones, those of another account, or no connection."""

    status = 2
