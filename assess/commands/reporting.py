"""The end of every command that writes reports: files, summary, exit code."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from assess.clock import now
from assess.collect import questions
from assess.discover import Library, library
from assess.engagement import Engagement
from assess.exits import OWN_FAULT
from assess.job import Wanted, checks_of, exit_code, explain, told, write_all
from assess.keeping import Keeper
from assess.notices.telling import Teller
from assess.output import listing, put, put_json, say, summary
from assess.privacy.pseudonyms import Pseudonyms
from assess.privacy.showing import showing
from assess.recording import Recording
from assess.rendering import FILE_NAMES, Renderer
from assess.results import Results, to_json


def conclude(
    found: Results,
    evidence: Recording,
    folder: Path,
    wanted: Wanted,
    renderer: Renderer,
    *,
    named: Sequence[str],
    fail_on: str | None,
    as_json: bool,
    keeper: Keeper | None = None,
    pseudonyms: Pseudonyms | None = None,
    teller: Teller | None = None,
    seen: Callable[[Results, Path, Sequence[str]], None] | None = None,
) -> int:
    """Keep the run, write everything, tell who is to be told, print the summary.

    Returns the exit code. ``keeper``: the history of the engagement, entered; None keeps nothing.
    ``pseudonyms``: those of the engagement, where ``wanted`` is at another level than full.
    ``teller``: tells others, after everything is written, and never changes the exit code.
    ``seen`` is shown the results, their folder, and what was said of keeping and telling.
    """
    with ExitStack() as stack, _whole_or_gone(folder, renderer):
        if wanted.privacy != "full" and pseudonyms is not None:
            found, evidence = showing(
                found, evidence, wanted.privacy, pseudonyms, library(), wanted.selection
            )
            stack.enter_context(evidence)
        if keeper is not None:
            found = keeper.keep(found, ((pack.name, pack.version) for pack in library().packs))
        kept = found

        def publish() -> None:
            if keeper is not None:
                keeper.publish(kept)

        found = write_all(found, evidence, folder, wanted, renderer, publish)
        if as_json:
            put(to_json(found).decode().rstrip())
        else:
            summary(found)
        for line in _of_the_run(found, fail_on):
            say(f"assess: {line}")
        notices = teller.tell(found, folder, now()) if teller is not None else []
        remarks = [*(keeper.said if keeper is not None else ()), *notices]
        for line in remarks:
            say(f"assess: {line}")
        if seen is not None:
            seen(found, folder, remarks)
        say(f"The reports are in {folder}")
        asked_for = {missing.format for missing in found.not_written} & set(named)
        return OWN_FAULT if asked_for else exit_code(found, fail_on)


@contextmanager
def _whole_or_gone(folder: Path, renderer: Renderer) -> Iterator[None]:
    """Who interrupts before results.json stands finds no folder of half a run."""
    try:
        yield
    except KeyboardInterrupt:
        renderer.close()  # what it was writing would appear again
        if not (folder / FILE_NAMES["json"]).is_file():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _of_the_run(found: Results, fail_on: str | None) -> Iterator[str]:
    """What the person at the terminal ought to know of the files and of the comparison."""
    for missing in found.not_written:
        yield f"report.{missing.format} was not written: {missing.reason}"
    for other in found.made_otherwise:
        yield f"report.{other.format} was {other.reason}"
    yield from told(found)
    if fail_on == "new" and (found.past is None or found.past.last is None):
        yield "--fail-on new: there is no earlier run to compare with; the verdict decides"


def show_questions(known: Library, engagement: Engagement, wanted: Wanted, *, as_json: bool) -> int:
    """What would be asked, and of whom; nothing is."""
    lines = explain(questions(checks_of(known, wanted)), engagement, now())
    if as_json:
        put_json([{"source": s, "question": q, "address": a} for s, q, a in lines])
    else:
        listing(("Source", "Question", "Asked of"), lines)
    say(f"{len(lines)} questions; none was asked.")
    return 0
