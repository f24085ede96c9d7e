"""`python -m modules.cli`, for when the `mwaa` script is not on PATH."""

from modules.cli import main

if __name__ == "__main__":
    main()
