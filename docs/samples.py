"""The sample reports: what `assess demo` writes, and the same customer as a house hands it over.

The second one is in German, under pseudonyms, in the look of an invented adviser, and after six
weekly runs, so that it tells what changed; the earlier weeks are made from the same evidence, less
what had not been set up yet.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import tomlkit

from assess.branding.house import brand_of
from assess.commands.reporting import conclude
from assess.demo import EXAMPLE
from assess.demo.customer import Customer
from assess.discover import language_for, library
from assess.engagement import load
from assess.history.place import Place, place_of
from assess.job import Wanted, gather
from assess.keeping import Keeper
from assess.language import speaking
from assess.privacy.key import made_of
from assess.privacy.levels import level_of
from assess.recording import Recording
from assess.rendering import Renderer
from assess.results import evaluate

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "docs" / "house"
OF_DEMO = (
    "report.html", "report.pdf", "report.xlsx", "results.json", "report.csv", "report.md",
    "report.junit.xml", "report.ics", "report.sarif", "report.ocsf.json",
)  # fmt: skip
OF_HOUSE = ("report.html", "report.pdf", "report.xlsx", "over-time.xlsx")
# Invented, and known to everybody: the sample comes out the same each time.
_KEY = b"the house's example customer"
# What was not to be had yet, weeks before the last run; and what stood in the engagement file.
_WEEKS: tuple[tuple[int, tuple[str, ...], dict[str, str]], ...] = (
    (5, ("graph", "azure-arm", "adminservice", "ldap"), {"cmg.deployment_prefix": "MyCMG"}),
    (4, ("azure-arm", "adminservice", "ldap"), {"cmg.deployment_prefix": "MyCMG"}),
    (3, ("azure-arm", "adminservice"), {"cmg.deployment_prefix": "MyCMG"}),
    (2, ("azure-arm",), {}),
    (1, (), {}),
)  # fmt: skip


def of_demo(target: Path) -> None:
    """What `assess demo` writes, without the evidence."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "assess", "demo", "-f", "all", "-o", folder]
        subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
        [written] = Path(folder).iterdir()
        for name in OF_DEMO:
            shutil.copyfile(written / name, target / name)


def of_house(target: Path) -> None:
    """The same customer, as the house hands it over."""
    with tempfile.TemporaryDirectory() as folder, (target / "said.txt").open("w") as said:
        source, served, written = (Path(folder) / name for name in ("source", "served", "out"))
        _dressed(source)
        written.mkdir()
        with redirect_stdout(said), redirect_stderr(said):
            place = _weeks(source, served, written)
        shutil.copyfile(place.workbook, target / "over-time.xlsx")
        for name in OF_HOUSE[:-1]:
            shutil.copyfile(written / name, target / name)
    (target / "said.txt").unlink()


def _dressed(source: Path) -> None:
    """The example, with the report section of the house."""
    shutil.copytree(EXAMPLE, source)
    shutil.copytree(HOUSE, source / "files" / "house")
    file = source / "contoso.toml"
    written = tomlkit.parse(file.read_text(encoding="utf-8"))
    for section, keys in tomlkit.parse((HOUSE / "report.toml").read_text(encoding="utf-8")).items():
        written[section] = keys
    file.write_text(tomlkit.dumps(written), encoding="utf-8")


def _weeks(source: Path, served: Path, written: Path) -> Place:
    """Six weekly runs, of which the last one is reported; where they are kept."""
    with Customer(source, served) as customer:
        as_of = customer.as_of
        engagement = load(customer.engagement)
        wanted = Wanted(
            engagement.scenarios,
            formats=("html", "pdf", "xlsx"),
            privacy=level_of(engagement),
            brand=brand_of(engagement, names=False),
        )
        place = place_of(engagement)
        if place is None:
            raise AssertionError("[history] of the house is switched off")
        with speaking(language_for(engagement)):
            last = gather(library(), engagement, wanted, lambda: as_of)
    with speaking(language_for(engagement)), last:
        for evidence in (*_earlier(last), last):
            chosen = wanted if evidence is last else replace(wanted, formats=())
            folder = written if evidence is last else served
            with Renderer(chosen.formats) as renderer, Keeper(place, as_of) as keeper:
                conclude(
                    evaluate(library(), evidence),
                    evidence,
                    folder,
                    chosen,
                    renderer,
                    named=(),
                    fail_on="never",
                    as_json=False,
                    keeper=keeper,
                    pseudonyms=made_of(_KEY, engagement),
                )
    return place


def _earlier(last: Recording) -> Iterator[Recording]:
    """The weeks before: less evidence, and another name for the gateway."""
    for weeks, absent, other in _WEEKS:
        ago = timedelta(weeks=weeks)
        yield Recording(
            last.engagement.having(other),
            as_of=last.as_of - ago,
            started_at=last.started_at - ago,
            finished_at=last.finished_at - ago,
            records=[one for one in last.records.values() if one.source not in absent],
            tables=last.tables,
        )
