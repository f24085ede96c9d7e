from mwaa.local.progress import Began, Done, Failed, Finished, Planned, Warned, read
from mwaa.progress import Step

DEPLOY = """\
npm warn something of npm
dev  Initializing the backend...
dev  Successfully configured the backend "local"! Terraform will automatically
     use this backend unless the backend configuration changes.
     Warning: Incomplete lock file information for providers

     Due to your customized provider installation methods, Terraform was forced to
     Warning: Argument is deprecated

       with aws_vpc.main (network/main),
dev  # aws_vpc.main (network/main) will be created
       + resource "aws_vpc" "main" {
     Plan: 2 to add, 1 to change, 0 to destroy.

     Changes to Outputs:
       + url = "x"
     aws_vpc.main (network/main): Creating...
dev  aws_vpc.main (network/main): Still creating... [10s elapsed]
dev  aws_s3_object.dags (artifacts/dags)["dags/a b (c).py"]: Creating...
dev  aws_vpc.main (network/main): Creation complete after 11s [id=vpc-1]
dev  aws_vpc.main (network/main): Creation complete after 11s [id=vpc-1]
     aws_s3_object.dags (artifacts/dags)["dags/a b (c).py"]: Creation complete after 1m2s [id=x]
     aws_mwaa_environment.this: Modifying... [id=mwaa-dev]
dev  aws_mwaa_environment.this: Modifications complete after 1h0m3s [id=mwaa-dev]
dev  Apply complete! Resources: 2 added, 1 changed, 0 destroyed.

  dev
  url = x
"""

FAILING = """\
dev  aws_eip.a (network/a): Creating...
dev  Error: creating EC2 EIP: operation error EC2: AllocateAddress, AddressLimitExceeded

       with aws_eip.a,
       on cdk.tf.json line 32, in resource.aws_eip.a:
       32:             }

     Error: another


0 Stacks deploying     1 Stack done     0 Stacks waiting
"""


def test_a_deployment_is_told_step_by_step_and_each_thing_once() -> None:
    dag = 'aws_s3_object.dags["dags/a b (c).py"]'
    assert list(read(DEPLOY.splitlines(keepends=True), "dev")) == [
        Step("terraform init and plan"),
        Warned("Argument is deprecated"),
        Planned(2, 1, 0),
        Began("aws_vpc.main"),
        Began(dag),
        Done("aws_vpc.main", "created", "11s"),
        Done(dag, "created", "1m2s"),
        Began("aws_mwaa_environment.this"),
        Done("aws_mwaa_environment.this", "changed", "1h0m3s"),
        Finished(2, 1, 0),
    ]


def test_errors_are_told_whole_and_apart() -> None:
    assert list(read(FAILING.splitlines(keepends=True), "dev")) == [
        Began("aws_eip.a"),
        Failed(
            "Error: creating EC2 EIP: operation error EC2: AllocateAddress, AddressLimitExceeded\n\n"
            "  with aws_eip.a,\n  on cdk.tf.json line 32, in resource.aws_eip.a:\n  32:             }"
        ),
        Failed("Error: another"),
    ]


def test_an_error_that_ends_the_output_is_told() -> None:
    assert list(read(["dev  Error: killed"], "dev")) == [Failed("Error: killed")]


def test_a_destruction_is_read() -> None:
    lines = [
        "analytics-dev  Plan: 0 to add, 0 to change, 1 to destroy.",
        "               aws_vpc.main: Destroying... [id=vpc-1]",
        "analytics-dev  aws_vpc.main: Destruction complete after 0s",
        "               Destroy complete! Resources: 1 destroyed.",
    ]
    assert list(read(lines, "analytics-dev")) == [
        Planned(0, 0, 1),
        Began("aws_vpc.main"),
        Done("aws_vpc.main", "destroyed", "0s"),
        Finished(0, 0, 1),
    ]


def test_the_size_of_a_plan_is_the_sum_of_what_it_does() -> None:
    assert Planned(2, 1, 4).total == 7
