import pytest
from mwaa.embedded_aws.settings import EmbeddedSettings


def test_settings_survive_the_way_to_the_server() -> None:
    settings = EmbeddedSettings(create_seconds=0.5, quotas={"elastic_ips": 2})
    assert EmbeddedSettings.from_json(settings.to_json()) == settings


def test_quotas_default_to_those_of_aws() -> None:
    settings = EmbeddedSettings(quotas={"elastic_ips": 2})
    assert (settings.quota("elastic_ips"), settings.quota("vpcs")) == (2, 5)


def test_an_unknown_quota_is_refused() -> None:
    with pytest.raises(ValueError, match=r'^there is no quota "eips"; there are elastic_ips, environments, '):
        EmbeddedSettings(quotas={"eips": 2})


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^quota vpcs is -1; expected 0 or more$"):
        EmbeddedSettings(quotas={"vpcs": -1})
    with pytest.raises(ValueError, match=r"^update_seconds is -1; expected 0 or more seconds$"):
        EmbeddedSettings(update_seconds=-1)
