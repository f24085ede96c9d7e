"""The same two workspaces written the plain way with other tools; each module is one program."""
