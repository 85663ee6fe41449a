"""A stranger's package brings checks and requirements by entry point, and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

AREA = """
[height]
title = "The tower is high enough"
scenarios = ["management-option-choice"]
necessity = "required"
severity = "high"
automation = "automatic"
availability = "available"
statement = "A tower is high."
consequence = "Nobody sees it."
pass = "Its height is answered."
evidence = ["config"]
remediation = ["Build {subject} higher."]
sources = [{ document = "mdm-planning", section = "Towers", step = "1" }]
"""
CODE = '''
"""Towers."""
from typing import Annotated
from assess.check import Key, Outcomes, Pass, check

@check("tower.height")
def height(name: Annotated[str, Key("engagement.name")]) -> Outcomes:
    """Pass when it has a name."""
    yield Pass(None, name)
'''


def pack(folder, *, code=CODE, area=AREA, package="contoso_checks"):
    module = folder / package
    module.mkdir(parents=True)
    (module / "__init__.py").write_text('"""A pack."""\n')
    (module / "tower.py").write_text(code)
    if area:
        (module / "tower.toml").write_text(area)
    info = folder / f"{package}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[assess.checks]\ncontoso = {package}\n")
    return folder


def assess(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    return subprocess.run(
        [sys.executable, "-m", "assess", *arguments],
        capture_output=True, text=True, env=environment, cwd=folder, check=False,
    )


def test_a_pack_brings_requirement_and_check(tmp_path):
    pack(tmp_path)
    done = assess(tmp_path, "checks", "show", "tower.height", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["check"] == "contoso_checks.tower.height"
    (tmp_path / "c.toml").write_text('[engagement]\nname = "c"\nscenarios = ["management-option-choice"]\n')
    done = assess(tmp_path, "run", "c.toml", "-o", "out", "-f", "json", "--json")
    found = {f["id"]: f for f in json.loads(done.stdout)["findings"]}
    assert found["tower.height"]["status"] == "pass"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"code": "import nothing_of_that_name\n"}, "cannot be imported"),
        ({"code": "raise SystemExit(3)\n"}, "cannot be imported"),
        ({"area": AREA.replace('"high"', '"very"')}, "tower.height is written wrongly"),
        ({"area": AREA.replace('"mdm-planning"', '"the-bible"')}, "unknown document"),
        ({"area": AREA.replace("[height]", "[width]")}, "checks without a requirement: tower.height"),
        ({"area": "[height\n"}, "contoso_checks/tower.toml"),
        ({"code": CODE.replace('"tower.height"', '"dns.cmg-cname"'), "area": ""}, "both decide dns.cmg-cname"),
    ],
)
def test_a_broken_pack_stops_the_run_and_is_named(tmp_path, change, says):
    pack(tmp_path, **change)
    done = assess(tmp_path, "coverage")
    assert done.returncode == 4
    assert says in done.stderr
    assert done.stdout == ""
