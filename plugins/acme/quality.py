"""An operator that stops bad rows before anybody reads them."""

from collections.abc import Sequence
from typing import Any

from acme.airflow_api import AirflowFailException, BaseOperator
from acme.rules import Row, Rule


class RowQualityOperator(BaseOperator):
    """Holds `rows` against `rules` and passes them on.

    :param rows: the output of an upstream task (templated).
    :param rules: see `acme.rules`.

    The task fails at once, without retries, when a rule is broken: the same rows would only break it again.
    """

    template_fields: Sequence[str] = ("rows",)
    ui_color = "#d5e8d4"

    def __init__(self, *, rows: Any, rules: Sequence[Rule], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows = rows
        self.rules = rules

    def execute(self, context: Any) -> list[Row]:
        """Return the rows. Raises AirflowFailException that lists every breach."""
        breaches = [breach for rule in self.rules for breach in rule(self.rows)]
        if breaches:
            raise AirflowFailException("; ".join(breaches))
        self.log.info("%d rows keep all %d rules", len(self.rows), len(self.rules))
        return self.rows
