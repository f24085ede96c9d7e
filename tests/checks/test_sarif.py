from pathlib import Path

from mwaa.checks.finding import Finding
from mwaa.checks.rule import Rule
from mwaa.checks.running import CheckReport, Suppressed
from mwaa.checks.sarif import document
from sarif_pydantic import Sarif

RULES = [
    Rule("dag-count", "Too many DAGs.", "It is slow.", "https://docs.aws.amazon.com/x"),
    Rule("moved-import", "A path has moved.", "It fails.", "some code"),
]
MOVED = Finding("moved-import", "error", "a has moved", "write b", "dags/a b.py", 3, detail="more\nwords")
COUNT = Finding("dag-count", "warning", "60 DAGs")


def report(name: str, findings: tuple[Finding, ...], suppressed: tuple[Suppressed, ...] = ()) -> CheckReport:
    return CheckReport(name, "3.2.1", f"environments/{name}.py", findings, suppressed, 60, False, 1.0)


def test_findings_are_sarif_with_relative_places_and_suppressions(tmp_path: Path) -> None:
    reports = [report("dev", (MOVED, COUNT)), report("prod", (MOVED,), (Suppressed(COUNT, "we know it"),))]
    written = document(reports, RULES, tmp_path)
    read = Sarif.model_validate(written)
    assert read.version == "2.1.0"
    [run] = read.runs
    assert [rule.id for rule in run.tool.driver.rules or []] == ["dag-count", "moved-import"]
    [results] = [one["results"] for one in written["runs"]]
    for result in results:
        del result["partialFingerprints"]
    assert results == [
        {
            "ruleId": "moved-import",
            "ruleIndex": 1,
            "level": "error",
            "message": {"text": "a has moved\nmore\nwords\nFix: write b"},
            "properties": {"workspaces": ["dev", "prod"]},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "dags/a%20b.py", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 3},
                    }
                }
            ],
        },
        {
            "ruleId": "dag-count",
            "ruleIndex": 0,
            "level": "warning",
            "message": {"text": "60 DAGs"},
            "properties": {"workspaces": ["dev"]},
            "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": "environments/dev.py", "uriBaseId": "%SRCROOT%"}}}
            ],
        },
        {
            "ruleId": "dag-count",
            "ruleIndex": 0,
            "level": "warning",
            "message": {"text": "60 DAGs"},
            "properties": {"workspaces": ["prod"]},
            "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": "environments/prod.py", "uriBaseId": "%SRCROOT%"}}}
            ],
            "suppressions": [{"kind": "inSource", "justification": "we know it"}],
        },
    ]


def test_a_path_from_elsewhere_is_relative_to_the_root(tmp_path: Path) -> None:
    found = Finding("moved-import", "error", "x", file=str(tmp_path.parent / "other/a.py"), line=1)
    [run] = document([report("dev", (found,))], RULES, tmp_path)["runs"]
    [location] = run["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "../other/a.py"


def test_a_fingerprint_stays_when_lines_move(tmp_path: Path) -> None:
    def fingerprint(line: int) -> str:
        found = Finding("moved-import", "error", "x", file="dags/a.py", line=line)
        [run] = document([report("dev", (found,))], RULES, tmp_path)["runs"]
        return str(run["results"][0]["partialFingerprints"])

    assert fingerprint(3) == fingerprint(7)
