"""The picture in the README is the one of the example workspaces' Terraform."""

import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "docs" / "architecture.py"))


def test_the_committed_picture_is_drawn_from_the_reviewed_terraform() -> None:
    drawn = SCRIPT["draw"](SCRIPT["load"]("prod"), SCRIPT["load"]("dev"))
    assert SCRIPT["PICTURE"].read_text(encoding="utf-8") == drawn, "run: python docs/architecture.py"


def test_the_picture_is_valid_svg_of_a_fixed_size() -> None:
    root = ElementTree.fromstring(SCRIPT["PICTURE"].read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox") == "0 0 1200 640"


def test_every_resource_lies_in_one_box() -> None:
    document = {"resource": {"aws_vpc": {"network_vpc": {}}, "aws_flow_log": {"network_flow_log": {}}}}
    assert SCRIPT["boxes"](document) == {
        "network": ["aws_vpc.network_vpc"],
        "flow_logs": ["aws_flow_log.network_flow_log"],
    }


def test_a_resource_without_a_box_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"aws_sqs_queue\.alarms has no box"):
        SCRIPT["boxes"]({"resource": {"aws_sqs_queue": {"alarms": {}}}})
