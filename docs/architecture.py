"""Draw docs/architecture.svg from the Terraform of the two example workspaces: `python docs/architecture.py`.

Reads the reviewed Terraform that tests/test_stack.py keeps, so that the picture changes when the stack does. It shows
prod, which has everything; what dev does not have is dashed. Every resource belongs to one box: a new one without a box
is an error.
"""

import json
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
SNAPSHOTS = ROOT / "tests" / "__snapshots__" / "test_stack"

Document = dict[str, Any]

BOX_OF = {
    "network": "network",
    "source_bucket": "bucket",
    "artifacts": "bucket",
    "execution_role": "role",
    "environment": "environment",
    "log_groups": "logs",
    "flow_logs": "flow_logs",
    "network_flow_log": "flow_logs",
    "encryption_key": "key",
    "pipeline": "pipeline",
}
"""The beginning of a resource's name in Terraform -> its box. The longest one counts."""

INK, GREY, LINE = "#1f2937", "#6b7280", "#9ca3af"
BLUE, GREEN, AMBER, PURPLE = "#2563eb", "#15803d", "#b45309", "#7c3aed"


def load(workspace: str) -> Document:
    path = SNAPSHOTS / f"test_the_example_is_this_terraform[{workspace}].json"
    document: Document = json.loads(path.read_text(encoding="utf-8"))
    return document


def boxes(document: Document) -> dict[str, list[str]]:
    """Return the addresses in each box. Raises KeyError if a resource has no box."""
    found: dict[str, list[str]] = {}
    for kind, named in document["resource"].items():
        for name in named:
            prefixes = [prefix for prefix in BOX_OF if name == prefix or name.startswith(f"{prefix}_")]
            if not prefixes:
                raise KeyError(f"{kind}.{name} has no box: add its prefix to BOX_OF in docs/architecture.py")
            found.setdefault(BOX_OF[max(prefixes, key=len)], []).append(f"{kind}.{name}")
    return found


def draw(prod: Document, dev: Document) -> str:
    """Return the SVG, the same text for the same two documents."""
    parts, also_in_dev = boxes(prod), boxes(dev)
    total = sum(map(len, parts.values()))
    resource = prod["resource"]
    environment = resource["aws_mwaa_environment"]["environment"]
    provider = prod["provider"]["aws"][0]
    subnets = resource["aws_subnet"]
    retention = resource["aws_cloudwatch_log_group"]["log_groups_task"]["retention_in_days"]
    dev_environment = dev["resource"]["aws_mwaa_environment"]["environment"]

    def count(box: str) -> str:
        number = len(parts[box])
        return f"{number} resource{'s' if number > 1 else ''}"

    def only_prod(box: str) -> bool:
        return box not in also_in_dev

    out = [_head(f"The workspace prod: {total} Terraform resources on AWS")]

    # The repository
    out += [_label(24, 44, "Repository", GREY)]
    out += _box(
        24, 60, 216, 74, "environments/prod.py", ["one file: one workspace,", "one stack, one state"], PURPLE, mono=True
    )
    out += _arrow([(132, 134), (132, 182)], "python main.py", (142, 163))
    out += _box(24, 182, 216, 74, "cdk.tf.json", [f"{total} resources", "plain Terraform"], PURPLE, mono=True)
    out += _arrow([(240, 219), (290, 219)], "deploy", (244, 211), colour=PURPLE)
    out += _box(24, 478, 216, 98, "Content", ["dags/  plugins/", "requirements.txt", "startup.sh"], PURPLE)

    # The account
    out += [_rect(290, 24, 886, 592, "#fffdf7", AMBER, radius=10)]
    account = provider["allowed_account_ids"][0]
    out += [_label(306, 46, f"AWS account {account}, {provider['region']}", AMBER)]

    # The network
    vpc = resource["aws_vpc"]["network_vpc"]["cidr_block"]
    out += [_rect(310, 62, 470, 372, "#f0fdf4", GREEN)]
    out += [_label(326, 84, f"VPC {vpc}", GREEN), _text(766, 84, count("network"), GREY, 11, anchor="end")]
    for zone, left in (("a", 326), ("b", 550)):
        width = 214
        out += [_rect(left, 96, width, 322, "none", LINE, dashed=True)]
        out += [_text(left + 10, 113, f"Zone {zone}", GREY, 11)]
        gateway = f"network_nat_{zone}"
        has, dev_has = (gateway in one["resource"]["aws_nat_gateway"] for one in (prod, dev))
        lines = [subnets[f"network_public_{zone}"]["cidr_block"]]
        out += _box(left + 10, 122, width - 20, 88, "Public subnet", lines, GREEN)
        if has:
            out += [_chip(left + 22, 178, "NAT gateway", GREEN, dashed=not dev_has)]
        lines = [subnets[f"network_private_{zone}"]["cidr_block"]]
        out += _box(left + 10, 224, width - 20, 180, "Private subnet", lines, GREEN)

    # The environment spans both private subnets
    out += [_rect(352, 282, 386, 106, "#eff6ff", BLUE, radius=8, width=2)]
    out += [_text(368, 306, f"MWAA environment {environment['name']}", BLUE, 14, bold=True)]
    workers = f"{environment['min_workers']} to {environment['max_workers']} workers"
    out += [_text(368, 328, f"Airflow {environment['airflow_version']}, {environment['environment_class']}", INK, 12)]
    webserver = environment["webserver_access_mode"].replace("_", " ").lower()
    out += [_text(368, 347, f"{workers}, {environment['schedulers']} schedulers, webserver {webserver}", INK, 12)]
    dev_webserver = dev_environment["webserver_access_mode"].replace("_", " ").lower()
    small = f"dev: {dev_environment['environment_class']}, webserver {dev_webserver}"
    out += [_text(368, 372, small, GREY, 11)]

    # What stands beside the network
    left, width = 840, 320
    bucket = resource["aws_s3_bucket"]["source_bucket"]["bucket"]
    groups = [name for name in resource["aws_cloudwatch_log_group"] if name.startswith("log_groups_")]
    out += _box(
        left,
        62,
        width,
        76,
        "CloudWatch log groups",
        [f"{len(groups)} of Airflow, kept {retention} days"],
        BLUE,
        count("logs"),
    )
    if "flow_logs" in parts:
        out += [_chip(left + width - 118, 94, "VPC flow logs", BLUE, dashed=only_prod("flow_logs"))]
    out += _box(left, 158, width, 62, "Execution role", ["what tasks may do; teams add grants"], BLUE, count("role"))
    if "key" in parts:
        out += _box(
            left,
            240,
            width,
            62,
            "KMS key",
            ["encrypts logs, bucket, environment"],
            BLUE,
            count("key"),
            only_prod("key"),
        )
    out += _box(
        left, 322, width, 112, "Source bucket", [bucket, "versioned, encrypted, TLS only"], BLUE, count("bucket")
    )
    chips, at = ("dags/", "plugins.zip", "requirements.txt", "startup.sh"), left + 12
    for chip in chips:
        out += [_chip(at, 402, chip, BLUE, small=True)]
        at += _chip_width(chip, small=True) + 4
    out += _arrow([(738, 300), (810, 300), (810, 100), (840, 100)], colour=BLUE)
    out += _arrow([(840, 189), (824, 189), (824, 322), (738, 322)], colour=BLUE)
    out += _arrow([(840, 372), (738, 372)], colour=BLUE)
    out += [_chip(757, 361, "S3 endpoint", GREEN, small=True)]

    # The pipeline
    if "pipeline" in parts:
        out += [_rect(310, 462, 850, 136, "#faf5ff", PURPLE, dashed=only_prod("pipeline"))]
        out += [_label(326, 484, "CodePipeline: publishes the content", PURPLE)]
        out += [_text(1144, 484, count("pipeline"), GREY, 11, anchor="end")]
        stages = [stage["name"] for stage in resource["aws_codepipeline"]["pipeline"]["stage"]]
        about = {
            "Source": "push to the branch",
            "Check": "mwaa check",
            "Approve": "by a person",
            "Publish": "mwaa publish",
        }
        step = 832 // len(stages)
        for number, stage in enumerate(stages):
            x = 326 + number * step
            out += _box(x, 500, step - 40, 76, stage, [about[stage]], PURPLE)
            if number + 1 < len(stages):
                out += _arrow([(x + step - 40, 538), (x + step, 538)], colour=PURPLE)
        x = 326 + (len(stages) - 1) * step + (step - 40) // 2
        out += _arrow([(x, 500), (x, 434)], "uploads, updates", (x + 8, 452), colour=PURPLE)
        out += _arrow([(240, 538), (326, 538)], "push", (248, 530), colour=PURPLE)

    out += [_text(24, 606, "Dashed: not in the example dev.", GREY, 11)]
    return "\n".join([*out, "</svg>", ""])


def _head(title: str) -> str:
    font = "font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif\""
    markers = "".join(
        f'<marker id="to{colour[1:]}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'
        for colour in (GREY, BLUE, PURPLE)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 640" width="1200" height="640" role="img" {font}>\n'
        f"<title>{escape(title)}</title>\n<!-- Written by docs/architecture.py. -->\n<defs>{markers}</defs>\n"
        '<rect width="1200" height="640" rx="12" fill="#ffffff"/>'
    )


def _rect(
    x: int, y: int, w: int, h: int, fill: str, stroke: str, *, dashed: bool = False, radius: int = 8, width: float = 1.2
) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{radius}" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="{width}"{dash}/>'
    )


def _text(
    x: int, y: int, text: str, colour: str, size: int, *, bold: bool = False, anchor: str = "start", mono: bool = False
) -> str:
    weight = ' font-weight="600"' if bold else ""
    font = " font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, monospace\"" if mono else ""
    return (
        f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}" text-anchor="{anchor}"{weight}{font}>'
        f"{escape(text)}</text>"
    )


def _label(x: int, y: int, text: str, colour: str) -> str:
    return _text(x, y, text, colour, 13, bold=True)


def _box(
    x: int, y: int, w: int, h: int, title: str, lines: list[str], colour: str, note: str = "", dashed: bool = False,
    *, mono: bool = False,
) -> list[str]:  # fmt: skip
    out = [_rect(x, y, w, h, "#ffffff", colour, dashed=dashed)]
    out += [_text(x + 12, y + 23, title, INK, 13, bold=True, mono=mono)]
    if note:
        out += [_text(x + w - 12, y + 23, note, GREY, 11, anchor="end")]
    return out + [_text(x + 12, y + 43 + 18 * number, line, GREY, 12) for number, line in enumerate(lines)]


def _chip(x: int, y: int, text: str, colour: str, *, dashed: bool = False, small: bool = False) -> str:
    size = 10 if small else 11
    width = _chip_width(text, small=small)
    return _rect(x, y, width, 22, "#f9fafb", colour, dashed=dashed, radius=11) + _text(
        x + width // 2, y + 15, text, INK, size, anchor="middle"
    )


def _chip_width(text: str, *, small: bool) -> int:
    return round((5.8 if small else 6.9) * len(text)) + (8 if small else 16)


def _arrow(
    points: list[tuple[int, int]], text: str = "", at: tuple[int, int] = (0, 0), *, colour: str = GREY
) -> list[str]:
    path = " ".join(f"{x},{y}" for x, y in points)
    end = f'marker-end="url(#to{colour[1:]})"'
    line = f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6" {end}/>'
    return [line, _text(*at, text, colour, 11)] if text else [line]


if __name__ == "__main__":
    PICTURE.write_text(draw(load("prod"), load("dev")), encoding="utf-8")
    print(f"wrote {PICTURE.relative_to(ROOT)}")
