"""The public surface of the package `mwaa`."""

import json
import subprocess
import sys

import mwaa


def test_importing_the_package_loads_none_of_its_heavy_dependencies() -> None:
    code = "import json, sys, mwaa; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "mwaa" in loaded
    assert loaded & {"cdktf", "jsii", "boto3", "botocore", "pydantic"} == set()


def test_every_public_name_resolves_and_is_listed() -> None:
    assert [name for name in mwaa.__all__ if not hasattr(mwaa, name)] == []
    assert set(mwaa.__all__) <= set(dir(mwaa))
