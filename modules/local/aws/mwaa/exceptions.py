"""The errors of the MWAA API that the backend raises."""

from moto.core.exceptions import ServiceException


class ValidationException(ServiceException):  # noqa: N818 - AWS's name
    code = "ValidationException"


class ResourceNotFoundException(ServiceException):  # noqa: N818 - AWS's name
    code = "ResourceNotFoundException"
