"""The program `mwaa`, also as `python -m mwaa`. It imports nothing before an interruption can be caught."""

import sys


def main() -> None:
    """Run the command line. An interruption while it is still loading ends it in one line, with status 130."""
    try:
        from mwaa.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
