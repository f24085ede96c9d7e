"""What the DAGs of several teams share: importable as `acme` on every component, for plugins.zip lies on its path."""
