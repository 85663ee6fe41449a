"""Pages that are generated are up to date; examples work; links lead somewhere."""

import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest

from assess.catalogue import requirements_of
from assess.check import Check
from assess.cli import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "checks" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("place", ["docs/engagement-file.md", "docs/checks.md", "assess/results.schema.json"])
def test_generated_pages_are_up_to_date(place):
    assert (ROOT / place).read_text(encoding="utf-8") == generator().pages()[place], "run: make generated"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_named_exist(page):
    for name in re.findall(r"^\s*(?:\$ )?assess ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
        assert name in COMMANDS, f"{page.name}: assess {name}"


def test_the_example_of_the_authors_page_works():
    text = (ROOT / "checks" / "README.md").read_text(encoding="utf-8")
    [code] = re.findall(r"<!-- example: check -->\n```python\n(.*?)```", text, re.DOTALL)
    [data] = re.findall(r"<!-- example: requirement -->\n```toml\n(.*?)```", text, re.DOTALL)
    [test] = re.findall(r"\n```python\n(@pytest.*?)```", text, re.DOTALL)
    assert tomllib.loads(data)["alias"]
    [requirement] = requirements_of("example", "web", data)
    module = type(sys)("example_pack")
    sys.modules["example_pack"] = module
    try:
        exec(compile(code, "checks/README.md", "exec"), module.__dict__)
        assert isinstance(module.alias, Check)
        assert module.alias.requirement == requirement.id
        scope = {**module.__dict__, "pytest": pytest}
        exec(compile(test, "checks/README.md", "exec"), scope)
        marker = scope["test_alias"].pytestmark[0]
        for lookup, status in marker.args[1]:
            scope["test_alias"](lookup, status)
    finally:
        del sys.modules["example_pack"]
