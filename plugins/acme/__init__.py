"""Code that the DAGs of several teams share. Importable as `acme` on every component: plugins.zip is on its path."""
