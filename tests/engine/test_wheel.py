"""The built wheel holds everything and behaves like the checkout, with the sources out of reach."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("assess", "checks", "templates")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(folder), str(wheel)],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def run(installed, tmp_path, *arguments):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=tmp_path, check=False,
        env={**os.environ, "PYTHONPATH": str(installed)},
    )  # fmt: skip


def test_it_holds_every_file_of_the_packages(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in inside} == set(PACKAGES)
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == wanted


def test_it_is_the_wheel_that_runs(installed, tmp_path):
    done = run(installed, tmp_path, "-c", "import assess, checks; print(assess.__file__, checks.__file__)")
    assert all(path.startswith(str(installed)) for path in done.stdout.split())


def test_it_covers_what_the_checkout_covers(installed, tmp_path):
    from assess.coverage import coverage
    from assess.discover import library

    done = run(installed, tmp_path, "-m", "assess", "coverage")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "\t".join((one.requirement, one.kind, one.check or "-")) for one in coverage(library())
    ]
