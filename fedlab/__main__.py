"""`python -m fedlab` and the installed command start here."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from fedlab.node.cli.main import run_command  # late: nothing else of fedlab needs click

    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
