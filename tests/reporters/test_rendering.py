"""Reports side by side: every format is written, whatever becomes of the processes."""

import multiprocessing
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

import samples
from assess.rendering import FILE_NAMES, Renderer

FORMATS = ("html", "csv", "md")


def write(renderer: Renderer, formats: Sequence[str], folder: Path) -> dict[str, str]:
    return renderer.write(samples.sample(size=10), formats, folder, folder)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir() if entry.is_file()}


def test_every_format_is_written_and_nothing_is_left_behind(tmp_path: Path, temporary: Path) -> None:
    with Renderer((*FORMATS, "json")) as renderer:
        assert write(renderer, (*FORMATS, "json"), tmp_path) == {}
        assert names(tmp_path) == {FILE_NAMES[name] for name in FORMATS}
    assert list(temporary.iterdir()) == []
    assert multiprocessing.active_children() == []


def test_a_process_that_died_costs_no_report(tmp_path: Path) -> None:
    with Renderer(FORMATS) as renderer:
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        assert write(renderer, FORMATS, tmp_path) == {}
    assert names(tmp_path) == {FILE_NAMES[name] for name in FORMATS}


def test_a_format_that_cannot_be_made_is_told_and_the_others_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FILE_NAMES, "cartoon", "report.cartoon")
    with Renderer((*FORMATS, "cartoon")) as renderer:
        failures = write(renderer, (*FORMATS, "cartoon"), tmp_path)
    assert list(failures) == ["cartoon"]
    assert "makes no report of the format cartoon" in failures["cartoon"]
    assert names(tmp_path) == {FILE_NAMES[name] for name in FORMATS}


def test_an_error_of_ours_is_met_on_this_side(tmp_path: Path) -> None:
    nowhere = tmp_path / "a file"
    nowhere.touch()
    with Renderer(FORMATS) as renderer, pytest.raises(OSError, match="a file"):
        write(renderer, FORMATS, nowhere)


@pytest.mark.parametrize("formats", [FORMATS, ("csv",), ("json",)])
def test_something_else_is_done_once_meanwhile(tmp_path: Path, formats: Sequence[str]) -> None:
    at_work: list[int] = []
    with Renderer(formats) as renderer:
        renderer.write(
            samples.sample(size=10), formats, tmp_path, tmp_path,
            meanwhile=lambda: at_work.append(len(multiprocessing.active_children())),
        )  # fmt: skip
    assert at_work == [2 if len(formats) > 1 else 0]
    assert names(tmp_path) == {FILE_NAMES[name] for name in formats if name != "json"}


def test_one_format_needs_no_process(tmp_path: Path) -> None:
    with Renderer(("csv",)) as renderer:
        assert multiprocessing.active_children() == []
        assert write(renderer, ("csv",), tmp_path) == {}
    assert names(tmp_path) == {"report.csv"}
