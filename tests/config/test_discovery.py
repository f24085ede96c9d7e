import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mwaa.config import ConfigurationError, discover, discover_all, find_root, pick

Project = Callable[[dict[str, str]], Path]


def file(region: str = "us-east-1", cidr: str = "10.0.0.0/16", more: str = "") -> str:
    return (
        "from mwaa import Network, Workspace\n"
        f'workspace = Workspace(account="111111111111", region="{region}", airflow_version="3.2.1",\n'
        f'    environment_class="mw1.micro", network=Network(cidr="{cidr}"))\n{more}'
    )


def test_a_workspace_is_named_by_its_path_and_they_come_in_order(project: Project) -> None:
    files = {
        "environments/prod.py": file(),
        "environments/analytics/dev.py": file(cidr="10.1.0.0/16"),
        "environments/_shared.py": "TAGS = {}\n",
        "environments/_drafts/next.py": "not Python",
        "environments/.hidden.py": "not Python",
        "environments/notes.md": "not Python",
    }
    found = discover(project(files))
    assert [(name, item.name, item.file) for name, item in found.items()] == [
        ("analytics-dev", "analytics-dev", "environments/analytics/dev.py"),
        ("prod", "prod", "environments/prod.py"),
    ]


def test_the_shipped_examples_are_valid() -> None:
    found = discover(Path(__file__).parents[2])
    assert {"dev", "prod"} <= set(found)


def test_a_file_may_import_a_helper_and_another_workspace(project: Project) -> None:
    files = {
        "environments/_shared.py": 'TAGS = {"team": "data"}\n',
        "environments/dev.py": file(),
        "environments/prod.py": (
            "from environments._shared import TAGS\nfrom environments.dev import workspace as dev\n"
            'workspace = dev.model_copy(update={"tags": TAGS, "region": "us-west-2"})\n'
        ),
    }
    prod = discover(project(files))["prod"].workspace
    assert (prod.environment_name, prod.region, prod.tags) == ("mwaa-prod", "us-west-2", {"team": "data"})


def test_two_projects_in_one_process_do_not_see_each_other(project: Project, tmp_path: Path) -> None:
    helped = "from environments._shared import CIDR\n" + file().replace('"10.0.0.0/16"', "CIDR")
    path, modules = list(sys.path), set(sys.modules)
    for name in ("one", "two"):
        cidr = "10.1.0.0/16" if name == "one" else "10.2.0.0/16"
        project({f"{name}/environments/_shared.py": f'CIDR = "{cidr}"\n', f"{name}/environments/dev.py": helped})
        assert str(discover(tmp_path / name)["dev"].workspace.network.cidr) == cidr
    assert sys.path == path
    assert {name for name in set(sys.modules) - modules if name.startswith("environments")} == set()


def test_a_change_of_the_same_length_within_the_same_second_is_seen(project: Project) -> None:
    assert discover(project({"environments/dev.py": file("us-east-1")}))["dev"].workspace.region == "us-east-1"
    assert discover(project({"environments/dev.py": file("us-east-2")}))["dev"].workspace.region == "us-east-2"


def test_running_a_file_leaves_nothing_beside_it(project: Project) -> None:
    root = project({"environments/dev.py": file()})
    discover(root)
    assert sorted(path.name for path in (root / "environments").iterdir()) == ["dev.py"]


def test_an_environment_runs_in_the_network_that_its_own_names(project: Project) -> None:
    team = file().replace("Network, W", "NetworkOf, W").replace('Network(cidr="10.0.0.0/16")', 'NetworkOf("platform")')
    found = discover(project({"environments/platform.py": file(), "environments/team.py": team}))
    assert found["team"].network == found["platform"].workspace.network == found["platform"].network


def test_extend_is_found(project: Project) -> None:
    found = discover(project({"environments/dev.py": file(more="def extend(stack):\n    stack.append(1)\n")}))
    extend, stack = found["dev"].extend, list[int]()
    assert extend is not None
    extend(stack)
    assert stack == [1]


def test_the_mistakes_of_all_files_are_reported_at_once(project: Project) -> None:
    files = {"environments/dev.py": file(region="x"), "environments/prod.py": file(cidr="y")}
    with pytest.raises(ConfigurationError) as caught:
        discover(project(files))
    assert [(problem.file, problem.field) for problem in caught.value.problems] == [
        ("environments/dev.py", "region"),
        ("environments/prod.py", "network.cidr"),
    ]


def test_workspaces_that_share_no_account_and_region_may_have_the_same_network(project: Project) -> None:
    assert len(discover(project({"environments/a.py": file(), "environments/b.py": file(region="us-west-2")}))) == 2


def test_the_root_is_found_from_a_folder_below(project: Project) -> None:
    root = project({"environments/team/dev.py": file()})
    assert find_root(root / "environments" / "team") == root


def test_a_folder_without_a_project_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_root(tmp_path)
    assert str(caught.value) == (
        "project\n"
        f'  got:      "{tmp_path}"\n'
        "  expected: a folder inside a project (with environments/ and cdktf.json)\n"
        "  fix:      run the command in the project's folder"
    )


def test_the_only_workspace_needs_no_name(project: Project) -> None:
    only = discover(project({"environments/dev.py": file()}))
    assert pick(only, None).name == "dev"
    assert pick(only, "dev").name == "dev"


@pytest.mark.parametrize(
    ("name", "given", "fix"),
    [("prud", '"prud"', 'did you mean "prod"?'), (None, "nothing", "name one"), ("x", '"x"', "name one")],
)
def test_a_workspace_that_does_not_exist_is_an_error(name: str | None, given: str, fix: str, project: Project) -> None:
    found = discover(project({"environments/dev.py": file(), "environments/prod.py": file(cidr="10.1.0.0/16")}))
    with pytest.raises(ConfigurationError) as caught:
        pick(found, name)
    assert str(caught.value) == f"workspace\n  got:      {given}\n  expected: one of dev, prod\n  fix:      {fix}"


def test_a_broken_file_leaves_the_other_workspaces_usable(project: Project) -> None:
    files = {"environments/analytics/dev.py": file(region="x"), "environments/prod.py": file()}
    found = discover_all(project(files))
    assert list(found.definitions) == ["prod"]
    assert [(one.name, one.file, len(one.problems)) for one in found.broken] == [
        ("analytics-dev", "environments/analytics/dev.py", 1)
    ]
    assert found.pick("prod").name == "prod"
    for name in ("analytics-dev", None):
        with pytest.raises(ConfigurationError) as caught:
            found.pick(name)
        assert [problem.field for problem in caught.value.problems] == ["region"]


def test_of_two_workspaces_that_collide_the_later_one_is_broken(project: Project) -> None:
    files = {"environments/a.py": file(), "environments/b.py": file(), "environments/c.py": file(region="x")}
    found = discover_all(project(files))
    assert list(found.definitions) == ["a"]
    assert [(one.name, one.problems[0].field) for one in found.broken] == [("c", "region"), ("b", "network.cidr")]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("X = 1 / 0\n", "line 1"),
        ("X = {\n", "line 1"),
        ("import nowhere\n", "line 1"),
        ("raise SystemExit(0)\n", "line 1"),
        ("from mwaa import Network\n\nX = Network(cidr='10.0.0.0/33')\n", "network.cidr"),
    ],
)
def test_a_wrong_shared_file_breaks_the_workspaces_that_import_it(text: str, field: str, project: Project) -> None:
    shared = "from environments.analytics._shared import X\n" + file()
    found = discover_all(
        project(
            {
                "environments/analytics/_shared.py": text,
                "environments/analytics/a.py": shared,
                "environments/analytics/eu/b.py": "from .._shared import X\n" + file(),
                "environments/risk/b.py": shared,
                "environments/risk/c.py": file(),
            }
        )
    )
    assert list(found.definitions) == ["risk-c"]
    assert [one.name for one in found.broken] == ["analytics-a", "analytics-eu-b", "risk-b"]
    assert [(one.file, one.field) for one in found.problems] == [("environments/analytics/_shared.py", field)]


@pytest.mark.parametrize(
    ("one", "two", "fine"),
    [
        ("CREATE", "CREATE", False),
        ("CREATE", "EXISTING", True),
        ("CREATE", ["sqs"], False),
        ("CREATE", ["secretsmanager"], True),
        (["sqs"], ["logs"], True),
        (["s3"], ["s3", "logs"], False),
    ],
)
def test_two_workspaces_do_not_create_one_endpoint(one: object, two: object, fine: bool, project: Project) -> None:
    def existing(endpoints: object) -> str:
        tables = ["rtb-0123abcd"] if endpoints == "CREATE" or "s3" in str(endpoints) else []
        network = (
            'ExistingNetwork(vpc_id="vpc-0123abcd", private_subnet_ids=["subnet-0123abcd", "subnet-1123abcd"], '
            f"endpoints={endpoints!r}, route_table_ids={tables!r})"
        )
        return (
            file().replace("import Network", "import ExistingNetwork").replace('Network(cidr="10.0.0.0/16")', network)
        )

    found = discover_all(project({"environments/a.py": existing(one), "environments/b.py": existing(two)}))
    broken = [(item.name, item.problems[0].field) for item in found.broken]
    assert broken == ([] if fine else [("b", "network.endpoints")])
