"""How large an installation is, without byte code."""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import ROOT, Line, Scale

_BOUND = 140


def measure(_: Scale) -> list[Line]:
    """The base installation, with everything that it needs, in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = ("-q", "--disable-pip-version-check", "--no-compile")
        pinned = ("--constraint", str(ROOT / "constraints.txt"))
        subprocess.run(
            [sys.executable, "-m", "pip", "install", *quiet, *pinned, "--target", folder, ROOT],
            check=True,
        )
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files if path.suffix != ".pyc")
    mb = size / 1e6
    return [Line("base installation", f"{_BOUND} MB", f"{mb:.0f} MB", mb < _BOUND)]
