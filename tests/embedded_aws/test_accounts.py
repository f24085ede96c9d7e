import re

import pytest
from mwaa.embedded_aws.accounts import access_key, account_of


def test_an_access_key_names_its_account() -> None:
    key = access_key("111111111111")
    assert re.fullmatch(r"AKIA[A-Z0-9]{16}", key)
    assert account_of(key) == "111111111111"


@pytest.mark.parametrize("key", ["AKIAIOSFODNN7EXAMPLE", "", "AKIAMWAA1111111111110", "ASIAMWAA111111111111"])
def test_other_keys_name_none(key: str) -> None:
    assert account_of(key) is None


def test_what_is_no_account_id_is_refused() -> None:
    with pytest.raises(ValueError, match=r'^"1234" is not an AWS account id: expected twelve digits$'):
        access_key("1234")
