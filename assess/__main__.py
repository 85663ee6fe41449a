"""The command line's first step: quick answers before anything is imported."""

import sys

from assess import __version__


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:
        print(f"assess {__version__}")
        return
    from assess.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
