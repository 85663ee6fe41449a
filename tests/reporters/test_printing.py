"""report.pdf by an installed browser, where its own renderer cannot run."""

import io
import os
import stat
import sys
from pathlib import Path

import msgspec
import pypdf
import pytest

import samples
from assess import job
from assess.errors import Unavailable
from assess.job import Wanted
from assess.rendering import FILE_NAMES, Renderer
from assess.reporters import pdf, printing, write_report
from assess.results import from_json
from samplechecks import recording

RESULTS = samples.sample(40, commented=True)


@pytest.fixture
def no_pango(monkeypatch):
    pdf.forget()
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    yield
    pdf.forget()


def program(folder, script):
    path = folder / "chrome"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.server
def test_a_browser_prints_it_and_the_results_say_so(no_pango, tmp_path):
    assert printing.browser(), "chromium is not installed: make test installs it"
    with recording() as evidence, Renderer(("pdf",)) as renderer:
        found = job.write_all(RESULTS, evidence, tmp_path, Wanted((), formats=("pdf",)), renderer)
    assert found.not_written == ()
    [note] = found.made_otherwise
    assert note.format == "pdf"
    assert "from report.html" in note.reason
    assert "Pango" in note.reason
    assert from_json((tmp_path / FILE_NAMES["json"]).read_bytes()).made_otherwise == (note,)
    reader = pypdf.PdfReader(tmp_path / FILE_NAMES["pdf"])
    text = "".join("".join(page.extract_text().split()) for page in reader.pages)
    for finding in RESULTS.findings:
        assert "".join(finding.id.split()) in text
    assert "Dearreader" in text
    assert reader.metadata is not None
    assert str(reader.metadata["/CreationDate"]).startswith("D:20261120211000")
    assert reader.outline
    first, second = ("".join(page.extract_text().split()) for page in reader.pages[:2])
    for said in ("Readinessassessment", "Contoso", "20November2026", "CT1"):
        assert said in first
    assert "page1of" not in first
    assert "Contoso:readinessassessment" in second
    assert f"page2of{len(reader.pages)}" in second


@pytest.mark.server
def test_it_prints_the_same_bytes_and_nothing_of_a_hostile_customer_comes_alive(tmp_path):
    found = printing.browser()
    assert found
    hostile = samples.sample(60, hostile=True, commented=True)
    made = [
        printing.render(hostile, library_catalogue=samples.catalogue(), program=found)
        for _ in range(2)
    ]
    assert made[0] == made[1]
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made[0])).pages)
    assert "<script>alert('x')</script>" in text


@pytest.mark.parametrize(
    ("script", "told"), [("exit 1", "printed no PDF"), ("exec sleep 60", "TimeoutExpired")]
)
def test_a_browser_that_prints_nothing_is_told(tmp_path, monkeypatch, script, told):
    monkeypatch.setattr(printing, "_SECONDS", 0.5)
    with pytest.raises(Unavailable, match=told) as refused:
        printing.render(
            RESULTS, library_catalogue=samples.catalogue(), program=program(tmp_path, script)
        )
    assert "by hand" in refused.value.mend


def test_without_pango_and_browser_both_are_named(no_pango, tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "browser", lambda: None)
    with pytest.raises(Unavailable) as refused:
        write_report("pdf", RESULTS, samples.catalogue(), tmp_path, tmp_path / "report.pdf")
    assert "Pango" in refused.value.reason
    assert "Edge or Chrome" in refused.value.mend
    assert not (tmp_path / "report.pdf").exists()


def test_it_is_found_where_installers_put_it(tmp_path):
    assert printing.browser({"PATH": str(tmp_path)}) is None
    edge = tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    edge.parent.mkdir(parents=True)
    edge.touch()
    assert printing.browser({"PATH": "", "ProgramFiles(x86)": str(tmp_path)}) == edge
    chrome = program(tmp_path, "exit 0").rename(tmp_path / "google-chrome")
    assert printing.browser({"PATH": str(tmp_path), "ProgramFiles": os.devnull}) == chrome


def test_what_it_prints_holds_no_script(tmp_path):
    keeper = program(
        tmp_path,
        f'for one in "$@"; do last=$one; done; cp "${{last#file://}}" {tmp_path}/kept.html',
    )
    with pytest.raises(Unavailable):
        printing.render(
            msgspec.structs.replace(RESULTS), library_catalogue=samples.catalogue(), program=keeper
        )
    text = Path(tmp_path / "kept.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "default-src &#39;none&#39;" in text
