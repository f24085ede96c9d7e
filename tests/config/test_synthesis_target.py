import pytest
from mwaa.config import ConfigurationError, SynthesisTarget


def test_without_variables_the_target_is_the_real_aws() -> None:
    assert SynthesisTarget.from_environ({}) == SynthesisTarget(embedded=False, aws_provider=None)
    assert SynthesisTarget.from_environ({"MWAA_EMBEDDED": "", "MWAA_AWS_PROVIDER": ""}) == SynthesisTarget()


def test_the_variables_name_the_embedded_aws_and_its_provider() -> None:
    environ = {"MWAA_EMBEDDED": "a1b2", "MWAA_AWS_PROVIDER": "5.100.0"}
    assert SynthesisTarget.from_environ(environ) == SynthesisTarget(embedded=True, aws_provider="5.100.0")


@pytest.mark.parametrize(
    ("constraint", "fix"),
    [
        ("newest", '"newest" is not a constraint: write an operator and up to three numbers'),
        ("5.99.1", "it allows 5.99.1, for which this configuration is not valid: raise the bound"),
    ],
)
def test_a_provider_that_no_workspace_could_have_is_refused(constraint: str, fix: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SynthesisTarget.from_environ({"MWAA_AWS_PROVIDER": constraint})
    assert str(caught.value) == (
        "MWAA_AWS_PROVIDER\n"
        f'  got:      "{constraint}"\n'
        '  expected: a Terraform version constraint with a lower bound of 5.100.0 or more, such as "~> 6.25"\n'
        f"  fix:      {fix}"
    )
