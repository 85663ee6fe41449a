"""Which module may import which: one direction, no cycle, network libraries in connectors only."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("assess", "checks", "templates")
# A module (longest prefix counts) and what it may import of ours, besides its own package.
POLICY = {
    "assess.errors": set(),
    "assess.exits": set(),
    "assess.language": {"assess.errors"},
    "assess.model": set(),
    "assess.files": set(),
    "assess.clock": set(),
    "assess.publicnames": {"assess.language"},
    "assess.clouds": set(),
    "assess.options": {"assess.language"},
    "assess.proposals": set(),
    "assess.evidence": {"assess.errors", "assess.clouds", "assess.language", "assess.publicnames"},
    "assess.keytypes": {"assess.errors", "assess.language"},
    "assess.engagement": {"assess.errors", "assess.evidence", "assess.keytypes", "assess.language"},
    "assess.check": {"assess.errors", "assess.evidence", "assess.language", "assess.model"},
    "checks": {"assess.language", "assess.check", "assess.evidence", "assess.publicnames", "assess.clouds", "assess.options"},
    "assess.catalogue": {"assess.errors", "assess.language", "assess.model", "assess.proposals"},
    "assess.discover": {
        "assess.catalogue", "assess.check", "assess.engagement", "assess.errors", "assess.language",
    },
    "assess.connectors": {
        "assess.clouds", "assess.engagement", "assess.errors", "assess.evidence", "assess.keytypes",
        "assess.language",
    },
    "assess.recording": {"assess.engagement", "assess.errors", "assess.evidence", "assess.files", "assess.language"},
    "assess.results.cleaning": set(),
    "assess.results.selection": set(),
    "assess.results.shapes": {"assess.history.shapes", "assess.model", "assess.options", "assess.waivers"},
    "assess.results.file": {"assess.errors", "assess.results.shapes"},
    "assess.results.verdicts": {"assess.model", "assess.results.shapes"},
    "assess.results.wording": {"assess.catalogue", "assess.language", "assess.model"},
    "assess.results.options": {"assess.engagement", "assess.options", "assess.results.shapes"},
    "assess.results.sources": {
        "assess.language", "assess.recording", "assess.results.cleaning", "assess.results.shapes",
    },
    "assess.results.lists": {
        "assess.catalogue", "assess.connectors", "assess.language", "assess.model", "assess.results.cleaning",
    },
    "assess.results.remedies": {
        "assess.catalogue", "assess.clouds", "assess.errors", "assess.language", "assess.model", "assess.proposals",
        "assess.recording", "assess.results.cleaning", "assess.results.lists", "assess.results.shapes",
        "assess.results.wording",
    },
    "assess.results.findings": {
        "assess.catalogue", "assess.discover", "assess.evaluate", "assess.language", "assess.model", "assess.recording",
        "assess.results.cleaning", "assess.results.lists", "assess.results.remedies", "assess.results.shapes",
        "assess.results.wording",
    },
    "assess.results": {
        "assess.catalogue", "assess.check", "assess.discover", "assess.engagement", "assess.evaluate",
        "assess.language", "assess.recording", "assess.waivers",
    },
    "assess.reporters": {
        "assess.catalogue", "assess.errors", "assess.files", "assess.language", "assess.model", "assess.options",
        "assess.plan",
        "assess.results", "assess.sheets", "assess.waivers", "templates",
        "assess.history.diff", "assess.history.shapes", "assess.history.standing", "assess.fleet.shapes",
    },
    "assess.sheets": {"assess.errors", "assess.language", "assess.results"},
    "assess.plan": {"assess.catalogue", "assess.errors", "assess.language", "assess.model", "assess.results", "assess.sheets"},
    "assess.history": {
        "assess.engagement", "assess.errors", "assess.model", "assess.results",
    },
    "assess.history.shapes": {"assess.model"},
    "assess.privacy": {
        "assess.catalogue", "assess.check", "assess.collect", "assess.discover", "assess.engagement",
        "assess.errors", "assess.evaluate", "assess.evidence", "assess.history.place", "assess.keytypes",
        "assess.language", "assess.model", "assess.recording", "assess.results",
    },
    "assess.branding": {"assess.engagement", "assess.errors", "assess.reporters"},
    "assess.scheduling": {"assess.errors"},
    "assess.notices.news": {
        "assess.engagement", "assess.history.shapes", "assess.model", "assess.privacy.levels", "assess.results",
    },
    "assess.notices.texts": {"assess.history.shapes", "assess.language", "assess.model", "assess.notices"},
    "assess.fleet.shapes": {"assess.exits", "assess.history.shapes", "assess.model", "assess.privacy.levels"},
    "assess.fleet.overview": {
        "assess.fleet.shapes", "assess.history.shapes", "assess.model", "assess.privacy.levels",
        "assess.reporters.expiries", "assess.results",
    },
    "assess.waivers": {"assess.engagement", "assess.language", "assess.model"},
    "templates": set(),
}  # fmt: skip
NETWORK = {"dns", "ldap3", "msal", "requests", "urllib3", "socket", "ssl", "OpenSSL", "http"}


def modules():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path):
    """Every module that is imported, lazily or not, by its full name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MODULES = list(modules())
NAMES = {name for name, _ in MODULES}


def resolved(name):
    """The module that an imported name stands for."""
    while name and name not in NAMES:
        name = name.rpartition(".")[0]
    return name


def within(name, packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_arrows(name, path):
    layer = max((key for key in POLICY if within(name, [key])), key=len, default=None)
    for imported in imports(path):
        target = resolved(imported)
        if layer is not None and target and target != "assess" and not within(target, [layer]):
            assert within(target, POLICY[layer]), f"{name} imports {target}"
        if not within(name, ["assess.connectors", "assess.demo"]):
            assert imported.partition(".")[0] not in NETWORK, f"{name} imports {imported}"
        if not within(name, ["assess.demo", "assess.commands.demo"]):
            assert not within(target, ["assess.demo"]), f"{name} imports the demo"


def test_no_cycle():
    graph = {name: {resolved(i) for i in imports(path)} - {name, ""} for name, path in MODULES}
    done: set[str] = set()

    def visit(name, trail):
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for other in graph.get(name, ()):
                if not name.startswith(f"{other}."):  # a package is imported with its modules
                    visit(other, [*trail, name])
            done.add(name)

    for name in graph:
        visit(name, [])


@pytest.mark.parametrize("module", ["assess.rendering", "assess.reporters.html", "assess.reporters.pdf", "assess.reporters.workbook.write"])
def test_who_renders_brings_no_engine_along(module):
    """Processes that render start while sources are read: what they import counts twice."""
    heavy = ["assess.check", "assess.connectors", "assess.discover", "assess.evaluate", "assess.recording", "checks"]
    program = (
        f"import sys, {module}\n"
        f"print(*[name for name in sys.modules for one in {heavy} if (name + '.').startswith(one + '.')])"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.split() == []
