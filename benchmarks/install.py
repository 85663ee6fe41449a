"""How large an installation is, without byte code."""

import subprocess
import sys
import tempfile
from pathlib import Path

Line = tuple[str, str, str, bool]
_BOUND = 140


def measure() -> list[Line]:
    """The base installation in a fresh virtual environment."""
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
        target = next((venv / "lib").glob("python*")) / "site-packages"
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", target, root],
            check=True,
        )
        size = sum(
            path.stat().st_size
            for path in target.rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        )
    mb = size / 1e6
    return [("base installation", f"{_BOUND} MB", f"{mb:.0f} MB", mb < _BOUND)]
