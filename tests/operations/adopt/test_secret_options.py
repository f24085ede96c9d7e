"""Airflow options whose value looks like a secret."""

import pytest
from mwaa.operations.adopt.secret_options import secret_like_options


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("smtp.smtp_password", "hunter2"),
        ("webserver.secret_key", "0123abcd"),
        ("google.client_secret", "GOCSPX-x"),
        ("core.team_setting", "AKIAIOSFODNN7EXAMPLA"),
        ("celery.result_backend", "db+postgresql://airflow:airflow@host/db"),
        ("secrets.backend_kwargs", '{"role_id": "x", "secret_id": "7b1f"}'),
        ("core.list", '[{"token": "abc"}]'),
        ("core.setting", '{"broken": AKIAIOSFODNN7EXAMPLA'),
        ("core.pem", "-----BEGIN RSA PRIVATE KEY----- MIIE"),
    ],
)
def test_a_secret_is_named(option: str, value: str) -> None:
    assert secret_like_options({option: value, "core.parallelism": "8"}) == (option,)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("core.parallelism", "8"),
        ("smtp.smtp_password_secret", "smtp/password"),
        ("smtp.smtp_password_cmd", "cat /run/password"),
        ("secrets.backend", "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"),
        ("secrets.backend_kwargs", '{"connections_prefix": "airflow/connections", "profile_name": null}'),
        ("core.hide_sensitive_var_conn_fields", "True"),
        ("webserver.expose_secret", "False"),
        ("api.token_lifetime", "3600"),
        ("api.base_url", "https://airflow.example.com"),
        ("smtp.smtp_user", "airflow"),
    ],
)
def test_what_only_names_a_secret_is_none(option: str, value: str) -> None:
    assert secret_like_options({option: value}) == ()
