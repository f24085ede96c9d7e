"""Adoption: a live environment becomes a workspace of this project. Nothing here writes to AWS."""
