"""Gathers the evidence that checks ask for: each question once, many at a time."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from assess.check import Check
from assess.connectors import Connector, Progress, Visit
from assess.errors import Unavailable
from assess.evidence import Ask, Note
from assess.evidence.config import AsOf, Attestation, Key, Scenario
from assess.language import lookup, tr
from assess.recording import NOTHING, PassedOver, Record, Recording, Refusal, encode_answer

_WORKERS = 16
_LOG = logging.getLogger(__name__)
# The engagement file answers these itself.
SETTLED = (Key, Attestation, Scenario, AsOf)


def questions(checks: Iterable[Check]) -> list[Ask]:
    """Every question that the checks ask of a source, and those they depend on, once each."""
    found: dict[str, Ask] = {}

    def add(ask: Ask) -> None:
        for other in ask.requires():
            add(other)
        if not isinstance(ask, SETTLED):
            found.setdefault(ask.key, ask)

    for check in checks:
        for ask in check.asks:
            add(ask)
    return list(found.values())


def collect(
    asks: Sequence[Ask],
    connectors: Sequence[Connector],
    recording: Recording,
    *,
    clock: Callable[[], datetime],
    progress: Progress | None = None,
) -> None:
    """Ask every question and keep the answer or the refusal in ``recording``.

    A question waits for those it requires. Where several connectors answer it, they are asked in
    turn until one does; who refused before is kept beside the answer. Nothing that a source does
    ends the collection: what goes wrong becomes the refusal of that one question.
    """
    meter = _Meter(asks, progress)
    waiting = list(asks)
    settled: set[str] = set()
    running: dict[Future[None], Ask] = {}

    def ask_one(ask: Ask) -> None:
        _ask(ask, connectors, recording, clock, meter)

    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="collect")
    try:
        while waiting or running:
            ready = [a for a in waiting if all(r.key in settled for r in a.requires())]
            if not ready and not running:  # a circle, which is a fault of the pack
                ready = waiting
            waiting = [ask for ask in waiting if ask not in ready]
            running |= {pool.submit(ask_one, ask): ask for ask in ready}
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                settled.add(running.pop(future).key)
                future.result()
    except BaseException:
        # Who interrupts does not wait for a source that is silent.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


class _Meter:
    """How far each source is: questions answered of those asked, and what the last one is about."""

    def __init__(self, asks: Sequence[Ask], progress: Progress | None) -> None:
        self._progress = progress
        self._totals = Counter(ask.source for ask in asks)
        self._done: Counter[str] = Counter()
        self._lock = threading.Lock()

    def of(self, ask: Ask) -> Progress | None:
        """What a visit tells is shown beside its source's count."""
        show = self._progress
        if show is None:
            return None

        def told(label: str, done: int, total: int | None, text: str) -> None:
            count = "" if not done else f" {done:,}" + (f" of {total:,}" if total else "")
            self._show(show, ask.source, f"{label}{count} {text}".rstrip())

        return told

    def finished(self, ask: Ask) -> None:
        """One question less to wait for."""
        with self._lock:
            self._done[ask.source] += 1
        if self._progress is not None:
            self._show(self._progress, ask.source, "")

    def _show(self, show: Progress, source: str, text: str) -> None:
        show(source, self._done[source], self._totals[source], text)


def _ask(
    ask: Ask,
    connectors: Sequence[Connector],
    recording: Recording,
    clock: Callable[[], datetime],
    meter: "_Meter",
) -> None:
    started, asked_at = clock(), time.monotonic()

    def visit() -> Visit:
        return Visit(
            known=recording,
            clock=clock,
            tables=recording.tables,
            progress=meter.of(ask),
            label=type(ask).__name__,
        )

    visit().progress(0)
    bound, came = ask, _Came(ask.source)
    try:
        bound = ask.bind(recording)
        came = _asked(bound, [one for one in connectors if one.answers(bound)], visit, started)
    except Exception as error:  # noqa: BLE001 - see _refusal
        came.refusal = _refusal(error, ask)
    frozen = clock()
    seconds = 0.0 if frozen == started else round(time.monotonic() - asked_at, 3)
    recording.add(
        Record(
            bound.key,
            came.source,
            bound.describe(),
            started,
            frozen,
            seconds,
            came.requests,
            tuple(came.notes),
            came.answer,
            came.refusal,
            tuple(came.passed_over),
        )
    )
    meter.finished(ask)


@dataclass
class _Came:
    """What came of a question, while its ways are tried."""

    source: str
    answer: msgspec.Raw = field(default_factory=lambda: NOTHING)
    refusal: Refusal | None = None
    requests: int = 0
    notes: list[Note] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)


def _asked(
    bound: Ask, ways: Sequence[Connector], visit: Callable[[], Visit], started: datetime
) -> _Came:
    """The answer of the first way that has one, else every refusal in one."""
    if not ways:
        what = bound.describe()
        raise Unavailable(tr("this version has no way to read {what}", what=what))
    came = _Came(ways[0].source)
    for connector in ways:
        going = visit()
        try:
            came.answer = encode_answer(connector.fetch(bound, going))
        except Exception as error:  # noqa: BLE001 - see _refusal
            came.passed_over.append(PassedOver(connector.source, _refusal(error, bound)))
            came.notes += going.notes
        else:
            came.source = connector.source
            lost = [one.note(started) for one in came.passed_over if not one.refusal.skipped]
            came.notes = [*going.notes, *lost]
            return came
        finally:
            came.requests += going.requests
    came.refusal = _all_refused([one.refusal for one in came.passed_over])
    came.passed_over = came.passed_over[1:]
    return came


def _refusal(error: Exception, ask: Ask) -> Refusal:
    """What a connector refused, or did not foresee: the answer is lost, the run is not.

    Whatever a connector throws comes here.
    """
    if isinstance(error, Unavailable):
        return Refusal(error.reason, error.mend, error.key, error.skipped)
    # The message may hold a credential of a library's making, the type cannot.
    _LOG.debug("reading %s failed", type(ask).__name__, exc_info=error)
    return Refusal(
        tr("reading {what} failed: {error}", what=ask.describe(), error=type(error).__name__),
        tr("Run again with --debug and report this."),
    )


def _all_refused(refusals: Sequence[Refusal]) -> Refusal:
    """One refusal out of several: a way that is not set up says nothing beside one that is."""
    tried = [one for one in refusals if not one.skipped] or refusals[:1]
    if len(tried) == 1:
        return tried[0]
    return Refusal(
        "; ".join(dict.fromkeys(lookup(one.reason) for one in tried)),
        tr(" Or: ").join(dict.fromkeys(lookup(one.mend) for one in tried if one.mend)),
    )
