"""`python -m mwaa`, for when the `mwaa` script is not on PATH."""

from mwaa.cli import main

if __name__ == "__main__":
    main()
