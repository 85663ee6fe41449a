"""The command line's first step: quick answers before anything is imported."""

import atexit
import os
import signal
import sys

from assess import __version__


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:
        print(f"assess {__version__}")
        return
    from assess.cli import INTERRUPTED, run

    # A service that is stopped clears away what one clears away who is interrupted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = run(sys.argv[1:])
    if code == INTERRUPTED:
        # Threads that wait for a silent source would hold up the end. Everything of ours is
        # cleared away; libraries clear away what is theirs here.
        atexit._run_exitfuncs()  # noqa: SLF001
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
