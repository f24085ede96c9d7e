"""Write the tables of docs/reference/embedded-aws.md from the code: `python docs/embedded_aws_page.py`.

Only what stands between the two comments is written; the rest of the page is edited by hand.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from mwaa.embedded_aws import ec2_refusals
from mwaa.embedded_aws.refusals import REFUSALS

PAGE = Path(__file__).resolve().parent / "reference" / "embedded-aws.md"
BEGIN = "<!-- Written by `python docs/embedded_aws_page.py` from modules/mwaa/embedded_aws. Change it there. -->"
END = "<!-- End of what is written. -->"


def page() -> str:
    """Return the page with its tables as the code has them."""
    written = f"{BEGIN}\n\n{''.join(_tables())}{END}"
    text = PAGE.read_text(encoding="utf-8")
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: written, text, flags=re.DOTALL)


def _tables() -> Iterator[str]:
    assert ec2_refusals  # importing it, and by it the others, registers the refusals
    yield "| When | What is refused | Message |\n|---|---|---|\n"
    for refusal in sorted(REFUSALS, key=lambda one: (one.when.startswith("ec2:"), one.when)):
        source = refusal.source or "ours, unverified"
        yield f"| {refusal.when} | {refusal.what.removesuffix('.')} | {source} |\n"
    yield "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(PAGE.parents[2])}")
