"""Runs what others wrote against the embedded AWS, with the real Terraform: `make test-oracles SOURCES=folder`.

SOURCES holds copies of GitHub's repositories as OWNER/REPOSITORY; what it lacks is cloned. Each oracle passes, is
refused for a reason for which AWS refuses it, too (docs/reference/embedded-aws.md), or cannot be fetched here. The exit
status is 1 if one fails in any other way.
"""

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mwaa import embedded_aws
from mwaa.embedded_aws import Embedded, EmbeddedSettings
from mwaa.local import terraform

from tests.oracles import acceptance
from tests.oracles.deployment import Deployment, Refused
from tests.oracles.sources import Absent, Sources

_accounts = itertools.count(111_111_111_111)
"""One for each deployment: the quotas of an account are enforced."""
ROOT = Path(__file__).parents[2]
RELEASES_THAT_ENDED = ("2.0.2", "2.2.2", "2.4.3", "2.5.1")
IDEALO = """
provider "aws" {
  region = "eu-west-1"
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_s3_bucket" "this" {
  bucket        = "idealo-dags"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket              = aws_s3_bucket.this.id
  block_public_acls   = true
  block_public_policy = true
}

module "airflow" {
  source               = "idealo/mwaa/aws"
  account_id           = "111111111111"
  environment_name     = "idealo"
  airflow_version      = "2.10.3"
  region               = "eu-west-1"
  private_subnet_cidrs = ["10.0.1.0/24", "10.0.2.0/24"]
  public_subnet_cidrs  = ["10.0.3.0/24", "10.0.4.0/24"]
  source_bucket_arn    = aws_s3_bucket.this.arn
  vpc_id               = aws_vpc.this.id
}
"""
"""The example of that module's README, with the VPC and the bucket that it asks for."""


class Run:
    """One run of all oracles on one embedded AWS, in a folder of its own."""

    def __init__(self, sources: Sources, here: Embedded, folder: Path) -> None:
        self.sources, self.here, self.folder = sources, here, folder

    def deployment(self, name: str, region: str, *arguments: str) -> Deployment:
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        binary = terraform.find_terraform(ROOT)
        environ = terraform.environ_for(self.folder, binary, terraform.find_provider(ROOT, binary), os.environ)
        account = str(next(_accounts))
        return Deployment(folder, account, self.here.environ(account, region, environ), arguments)

    def acceptance_tests(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield the provider's acceptance tests of aws_mwaa_environment."""
        name = "hashicorp/terraform-provider-aws"
        try:
            go = self.sources.repository(name) / "internal/service/mwaa/environment_test.go"
            tests = acceptance.read(go.read_text(encoding="utf-8"), "tf-acc-test")
        except Absent as error:
            yield name, _raise(error)
            return
        for test, steps in tests.items():
            yield test, lambda test=test, steps=steps: self._steps(test, steps)  # type: ignore[misc]

    def example(self, repository: str, path: str, region: str, *arguments: str) -> None:
        """Apply and destroy an example of a module, as it lies in its repository."""
        copied = self.folder / repository.replace("/", "-")
        shutil.copytree(self.sources.repository(repository), copied, dirs_exist_ok=True)
        self._apply_and_destroy(self.deployment(f"{copied.name}/{path}", region, *arguments))

    def text(self, name: str, text: str, region: str) -> None:
        """Apply and destroy a configuration of ours that calls a module."""
        deployment = self.deployment(name, region)
        (deployment.folder / "main.tf").write_text(text, encoding="utf-8")
        self._apply_and_destroy(deployment)

    def verifier(self) -> None:
        """Run AWS's verifier on the environment of idealo's module, and fail if it finds something.

        Raises Absent where its names of AWS resolve to nothing: it then ends at its check of the connectivity.
        """
        script = self.sources.repository("awslabs/aws-support-tools") / "MWAA/verify_env/verify_env.py"
        deployment = self.deployment("verified", "eu-west-1")
        (deployment.folder / "main.tf").write_text(IDEALO.replace("idealo-dags", "verified-dags"), encoding="utf-8")
        deployment.initialize(self.sources)
        deployment.apply()
        command = [sys.executable, str(script), "--envname", "idealo", "--region", "eu-west-1"]
        done = subprocess.run(
            command, cwd=deployment.folder, env=deployment.environ, capture_output=True, text=True, input="n\n" * 20
        )
        deployment.destroy()
        if found := [line for line in done.stdout.splitlines() if "🚫" in line]:
            raise Refused(" ".join(found))
        if "failed to resolve hostname" in done.stdout:
            raise Absent("addresses of AWS; the checks before that one passed")
        if done.returncode or "Traceback" in done.stderr:
            raise Refused(done.stderr[-300:])

    def _steps(self, test: str, steps: list[acceptance.Step]) -> None:
        deployment = self.deployment(test, "us-west-2")
        for step in steps:
            config = step.config.replace('"tf-acc-test"', f'"{test.lower().replace("_", "-")[:60]}"')
            (deployment.folder / "main.tf").write_text(config, encoding="utf-8")
            deployment.initialize(self.sources)
            deployment.apply()
            found = deployment.environment()
            wrong = {
                path: (attribute, expected)
                for path, expected in step.expected.items()
                if (attribute := acceptance.attribute(found, path)) != expected
            }
            if wrong:
                raise Refused(f"(got, expected): {wrong}")
            if step.disappears:
                mwaa = self.here.client("mwaa", deployment.account, "us-west-2")
                mwaa.delete_environment(Name=found["name"])
                _wait_until_gone(mwaa, found["name"])
                if not deployment.has_changes():
                    raise Refused("Terraform does not notice that the environment is gone")
        deployment.destroy()

    def _apply_and_destroy(self, deployment: Deployment) -> None:
        deployment.initialize(self.sources)
        deployment.apply()
        deployment.destroy()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=Path, help="a folder with copies of the repositories")
    parser.add_argument("--only", default="", help="oracles whose name has this in it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        here = embedded_aws.start(folder / "embedded", settings=EmbeddedSettings(create_seconds=1, update_seconds=1))
        try:
            run = Run(Sources(options.sources, folder / "fetched"), here, folder)
            outcomes = [_outcome(title, oracle) for title, oracle in _oracles(run) if options.only in title]
        finally:
            here.stop()
    failed = sum(outcome == "FAILED" for outcome in outcomes)
    print(f"{len(outcomes) - failed} of {len(outcomes)} as expected")
    return 1 if failed or not outcomes else 0


def _oracles(run: Run) -> Iterator[tuple[str, Callable[[], None]]]:
    yield from run.acceptance_tests()
    yield (
        "aws-ia/terraform-aws-mwaa examples/basic",
        lambda: run.example("aws-ia/terraform-aws-mwaa", "examples/basic", "eu-west-1"),
    )
    yield (
        "aws-samples/amazon-mwaa-examples infra",
        lambda: run.example(
            "aws-samples/amazon-mwaa-examples", "infra/terraform", "us-east-1", "-var", "mwaa_version=2.10.3"
        ),
    )
    yield "idealo/terraform-aws-mwaa", lambda: run.text("idealo", IDEALO, "eu-west-1")
    for example in ("complete", "minimal"):
        yield (
            f"cloudposse/terraform-aws-mwaa examples/{example}",
            lambda example=example: run.example(  # type: ignore[misc]
                "cloudposse/terraform-aws-mwaa",
                f"examples/{example}",
                "us-east-2",
                "-var-file",
                "fixtures.us-east-2.tfvars",
            ),
        )
    yield "awslabs/aws-support-tools verify_env", run.verifier


def _outcome(title: str, oracle: Callable[[], None]) -> str:
    started = time.monotonic()
    try:
        oracle()
        outcome, detail = "passed", ""
    except Absent as error:
        outcome, detail = "cannot be fetched", str(error)
    except Refused as error:
        detail = str(error)
        ended = any(f"Airflow version {release} is not supported" in detail for release in RELEASES_THAT_ENDED)
        providers = "provider registry.terraform.io" in detail or "query available provider packages" in detail
        outcome = "refused as by AWS" if ended else "cannot be fetched" if providers else "FAILED"
    print(f"{outcome:18} {time.monotonic() - started:5.0f} s  {title}  {detail}", flush=True)
    return outcome


def _wait_until_gone(mwaa: object, name: str) -> None:
    for _ in range(100):
        if name not in mwaa.list_environments()["Environments"]:  # type: ignore[attr-defined]
            return
        time.sleep(0.2)


def _raise(error: Exception) -> Callable[[], None]:
    def oracle() -> None:
        raise error

    return oracle


if __name__ == "__main__":
    sys.exit(main())
