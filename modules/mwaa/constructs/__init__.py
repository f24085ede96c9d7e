"""The reusable constructs of a workspace: one construct, one file, each `(scope, id, ...)`."""
