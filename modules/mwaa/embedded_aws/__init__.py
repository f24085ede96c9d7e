"""The embedded AWS: moto behind an HTTPS-intercepting proxy, with what moto lacks added in moto's own shape.

`server` is the process that holds it; `control` starts, finds and stops that process. Nothing outside this package
imports moto, and neither do the names below: a command that asks for the status stays quick.
"""

from mwaa.embedded_aws.control import Embedded, EmbeddedError, find, require, start
from mwaa.embedded_aws.settings import EmbeddedSettings

__all__ = ["Embedded", "EmbeddedError", "EmbeddedSettings", "find", "require", "start"]
