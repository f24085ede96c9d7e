"""requirements.txt as MWAA reads it: parsed, resolved by uv under the constraints, locked, made into wheels."""
