"""An operator that stops bad rows before they are used."""

from collections.abc import Sequence
from typing import Any

from acme.airflow_api import AirflowFailException, BaseOperator
from acme.rules import Row, Rule


class RowQualityOperator(BaseOperator):
    """Checks `rows` against `rules` and returns them.

    :param rows: the output of an upstream task (templated).
    :param rules: see `acme.rules`.

    The task fails without retries when a rule is broken: the same rows would break it again.
    """

    template_fields: Sequence[str] = ("rows",)
    ui_color = "#d5e8d4"

    def __init__(self, *, rows: Any, rules: Sequence[Rule], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows = rows
        self.rules = rules

    def execute(self, context: Any) -> list[Row]:
        """Return the rows. Raises AirflowFailException, which lists every breach, if a rule is broken."""
        breaches = [breach for rule in self.rules for breach in rule(self.rows)]
        if breaches:
            raise AirflowFailException("; ".join(breaches))
        self.log.info("%d rows keep all %d rules", len(self.rows), len(self.rules))
        return self.rows
