"""The embedded AWS: moto behind an HTTPS-intercepting proxy, with what moto lacks added in moto's own shape.

`server` is the process; nothing outside this package imports moto. `mwaa.embedded_aws.control` starts and stops it.
"""
