"""Amazon MWAA as code: the rooms of the house are described in docs/design.md."""
