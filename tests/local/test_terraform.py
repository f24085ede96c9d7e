import os
from collections.abc import Callable
from pathlib import Path

import pytest
from mwaa.local import terraform
from mwaa.local.errors import DeployError
from mwaa.local.terraform import Provider, Terraform
from packaging.version import Version

BINARY = Terraform(Path("/x/terraform"), "Terraform", Version("1.11.4"), "linux_amd64")
Mirror = Callable[..., Path]


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    """`mirror("opt/x", "5.100.0")`: a mirror below tmp_path that holds that AWS provider."""

    def make(folder: str, version: str, registry: str = "registry.terraform.io", platform: str = "linux_amd64") -> Path:
        package = tmp_path / folder / registry / "hashicorp/aws" / version / platform
        package.mkdir(parents=True)
        (package / f"terraform-provider-aws_v{version}_x5").touch()
        return tmp_path / folder

    return make


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str, str], Path]:
    """`script("terraform", "echo ...")`: a program in tmp_path/bin."""

    def make(name: str, body: str) -> Path:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """`registry(False)`: what the network would say."""
    return lambda answers: monkeypatch.setattr(terraform, "registry_answers", lambda host: answers)


def _home(tmp_path: Path, **more: str) -> dict[str, str]:
    shared = str(tmp_path / "share")
    return {"HOME": str(tmp_path / "home"), "XDG_DATA_DIRS": shared} | more


def test_terraform_is_preferred_to_opentofu(tmp_path: Path, script: Callable[[str, str], Path]) -> None:
    path = script("terraform", "printf 'Terraform v1.11.4\\non linux_amd64\\n'")
    script("tofu", "printf 'OpenTofu v1.9.0\\non linux_amd64\\n'")
    found = terraform.find_terraform(tmp_path, {"PATH": str(path.parent)})
    assert found == Terraform(path, "Terraform", Version("1.11.4"), "linux_amd64")
    assert found.registry == "registry.terraform.io"


def test_opentofu_has_a_registry_of_its_own(tmp_path: Path, script: Callable[[str, str], Path]) -> None:
    path = script("tofu", "printf 'OpenTofu v1.9.0\\non darwin_arm64\\n'")
    found = terraform.find_terraform(tmp_path, {"PATH": str(path.parent)})
    assert (found.product, found.platform, found.registry) == ("OpenTofu", "darwin_arm64", "registry.opentofu.org")


def test_the_binary_can_be_named(tmp_path: Path, script: Callable[[str, str], Path]) -> None:
    script("terraform", "printf 'Terraform v1.11.4\\non linux_amd64\\n'")
    path = script("terraform-1.13", "printf 'Terraform v1.13.0-beta1\\non linux_amd64\\n'")
    found = terraform.find_terraform(tmp_path, {"PATH": str(path.parent), "TERRAFORM_BINARY_NAME": "terraform-1.13"})
    assert (found.path, found.version) == (path, Version("1.13.0b1"))


@pytest.mark.parametrize(
    ("named", "text", "fix"),
    [
        ({}, "neither terraform nor tofu is on PATH", "make setup"),
        (
            {"TERRAFORM_BINARY_NAME": "tf"},
            "tf (TERRAFORM_BINARY_NAME) is not on PATH",
            "unset TERRAFORM_BINARY_NAME",
        ),
    ],
)
def test_a_missing_binary_is_reported_with_a_fix(tmp_path: Path, named: dict[str, str], text: str, fix: str) -> None:
    with pytest.raises(DeployError) as caught:
        terraform.find_terraform(tmp_path, {"PATH": str(tmp_path), **named})
    assert (str(caught.value), caught.value.fix) == (text, fix)


def test_a_binary_that_does_not_work_is_reported_with_its_output(
    tmp_path: Path, script: Callable[[str, str], Path]
) -> None:
    path = script("terraform", "echo 'wrong machine' >&2; exit 3")
    with pytest.raises(DeployError, match=f"{path} version did not work; it said: wrong machine"):
        terraform.find_terraform(tmp_path, {"PATH": str(path.parent)})


def test_settings_of_real_deployments_and_a_missing_configuration_are_dropped(tmp_path: Path) -> None:
    given = {
        "PATH": "/bin",
        "TF_WORKSPACE": "prod",
        "TF_VAR_x": "1",
        "TF_CLI_ARGS_plan": "-target=x",
        "TF_DATA_DIR": "/x",
        "TF_LOG": "debug",
        "TF_CLI_CONFIG_FILE": str(tmp_path / "absent.rc"),
    }
    assert terraform.cleaned(given) == {"PATH": "/bin", "TF_LOG": "debug"}
    present = tmp_path / "present.rc"
    present.touch()
    assert terraform.cleaned({"TF_CLI_CONFIG_FILE": str(present)}) == {"TF_CLI_CONFIG_FILE": str(present)}


def test_the_newest_usable_provider_of_all_mirrors_is_taken(mirror: Mirror) -> None:
    old, new = mirror("a", "5.100.0"), mirror("b", "6.25.0")
    mirror("b", "6.9.0")
    mirror("c", "7.0.0", platform="darwin_arm64")
    mirror("d", "7.0.0", registry="registry.opentofu.org")
    folders = [old, new, old.parent / "c", old.parent / "d", old.parent / "absent"]
    assert terraform.newest(folders, BINARY) == (new, Version("6.25.0"))


def test_a_provider_that_is_too_old_is_none(mirror: Mirror) -> None:
    assert terraform.newest([mirror("a", "5.99.1")], BINARY) is None


def test_a_packed_mirror_counts(tmp_path: Path) -> None:
    folder = tmp_path / "registry.terraform.io/hashicorp/aws"
    folder.mkdir(parents=True)
    (folder / "terraform-provider-aws_6.25.0_linux_amd64.zip").touch()
    assert terraform.newest([tmp_path], BINARY) == (tmp_path, Version("6.25.0"))


@pytest.mark.parametrize(
    "folder", ["home/.terraform.d/plugins", "home/.local/share/terraform/plugins", "share/terraform/plugins"]
)
def test_folders_that_terraform_searches_itself_win_over_the_registry(
    tmp_path: Path, mirror: Mirror, registry: Callable[[bool], None], folder: str
) -> None:
    registry(True)
    found = mirror(folder, "5.100.0")
    assert terraform.find_provider(tmp_path, BINARY, _home(tmp_path)) == Provider(found, Version("5.100.0"))


def test_the_registry_wins_over_a_mirror_that_terraform_does_not_know(
    tmp_path: Path, mirror: Mirror, registry: Callable[[bool], None]
) -> None:
    registry(True)
    mirror("home/add-ons", "5.100.0")
    assert terraform.find_provider(tmp_path, BINARY, _home(tmp_path)) == Provider()


@pytest.mark.parametrize(
    "folder",
    ["home/add-ons", "home/add-ons/terraform", "project/terraform.d/plugins", "project/.mwaa/terraform-plugins"],
)
def test_without_a_registry_a_mirror_in_a_usual_place_is_found(
    tmp_path: Path, mirror: Mirror, registry: Callable[[bool], None], folder: str
) -> None:
    registry(False)
    found = mirror(folder, "999.0.0")
    expected = Provider(found, Version("999.0.0"), known_to_terraform=False)
    assert terraform.find_provider(tmp_path / "project", BINARY, _home(tmp_path)) == expected


def test_the_persons_own_configuration_is_believed(
    tmp_path: Path, mirror: Mirror, registry: Callable[[bool], None]
) -> None:
    registry(True)
    mine = mirror("mine", "6.30.0")
    mirror("home/.terraform.d/plugins", "6.99.0")
    config = tmp_path / "my.rc"
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mine}"\n  }}\n}}\n')
    environ = _home(tmp_path, TF_CLI_CONFIG_FILE=str(config))
    assert terraform.find_provider(tmp_path, BINARY, environ) == Provider(mine, Version("6.30.0"))


def test_a_configuration_that_says_nothing_of_providers_changes_nothing(
    tmp_path: Path, mirror: Mirror, registry: Callable[[bool], None]
) -> None:
    registry(True)
    implied = mirror("home/.terraform.d/plugins", "6.99.0")
    (tmp_path / "home/.terraformrc").write_text("disable_checkpoint = true\n# provider_installation {}\n")
    assert terraform.find_provider(tmp_path, BINARY, _home(tmp_path)) == Provider(implied, Version("6.99.0"))


def test_no_provider_anywhere_is_told_with_what_was_looked_for(
    tmp_path: Path, registry: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry(False)
    monkeypatch.setattr(terraform, "_usual_mirrors", lambda *_: iter(()))
    with pytest.raises(DeployError) as caught:
        terraform.find_provider(tmp_path, BINARY, _home(tmp_path))
    assert str(caught.value) == (
        "registry.terraform.io does not answer, and no mirror on this machine holds the AWS provider "
        "(5.100.0 or newer, linux_amd64)"
    )
    assert "terraform providers mirror" in caught.value.fix


def test_a_mirror_is_handed_to_terraform_by_a_configuration(tmp_path: Path) -> None:
    provider = Provider(Path('/opt/odd "name"'), Version("5.100.0"), known_to_terraform=False)
    environ = terraform.environ_for(tmp_path, BINARY, provider, {"PATH": "/bin", "TF_PLUGIN_CACHE_DIR": "/cache"})
    config = tmp_path / ".mwaa/local/terraform.rc"
    assert environ == {
        "PATH": "/bin",
        "TERRAFORM_BINARY_NAME": "/x/terraform",
        "CHECKPOINT_DISABLE": "1",
        "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
        "TF_INPUT": "0",
        "MWAA_AWS_PROVIDER": "5.100.0",
        "TF_CLI_CONFIG_FILE": str(config),
    }
    assert config.read_text() == (
        "provider_installation {\n  filesystem_mirror {\n"
        '    path    = "/opt/odd \\"name\\""\n    include = ["registry.terraform.io/*/*"]\n  }\n}\n'
    )


def test_from_the_registry_a_download_is_kept_for_the_next_time(tmp_path: Path) -> None:
    environ = terraform.environ_for(tmp_path, BINARY, Provider(), {})
    folder = tmp_path / ".mwaa/terraform-plugins"
    assert environ["TF_PLUGIN_CACHE_DIR"] == str(folder)
    assert folder.is_dir()
    assert "MWAA_AWS_PROVIDER" not in environ
    assert "TF_CLI_CONFIG_FILE" not in environ
    own = terraform.environ_for(tmp_path, BINARY, Provider(), {"TF_PLUGIN_CACHE_DIR": "/mine"})
    assert own["TF_PLUGIN_CACHE_DIR"] == "/mine"


def test_a_host_that_does_not_exist_does_not_answer() -> None:
    assert terraform.registry_answers("registry.invalid") is False


def test_a_folder_that_cannot_be_read_is_passed_over(tmp_path: Path, mirror: Mirror) -> None:
    closed = mirror("a", "5.100.0")
    me = os.geteuid()
    closed.chmod(0)
    try:
        if me == 0:
            os.seteuid(65534)  # root reads everything: ask as nobody
        assert terraform.newest([closed], BINARY) is None
    finally:
        os.seteuid(me)
        closed.chmod(0o755)
