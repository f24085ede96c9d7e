"""Everything that runs on this machine instead of in AWS."""
