"""Gathers the evidence that checks ask for: each question once, many at a time."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime

from assess.check import Check
from assess.connectors import Connector, Progress, Visit
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.config import AsOf, Attestation, Key, Scenario
from assess.recording import NOTHING, Record, Recording, Refusal, encode_answer

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

    A question waits for those it requires. Nothing that a source does ends the collection: what
    goes wrong becomes the refusal of that one question.
    """
    meter = _Meter(asks, progress)
    waiting = list(asks)
    settled: set[str] = set()
    running: dict[Future[None], Ask] = {}

    def ask_one(ask: Ask) -> None:
        _ask(ask, connectors, recording, clock, meter)

    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="collect") as pool:
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
            pool.shutdown(wait=False, cancel_futures=True)
            raise


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
    label = type(ask).__name__
    started, asked_at = clock(), time.monotonic()
    visit = Visit(
        known=recording, clock=clock, tables=recording.tables, progress=meter.of(ask), label=label
    )
    bound, answer, refusal = ask, NOTHING, None
    visit.progress(0)
    try:
        bound = ask.bind(recording)
        connector = next((one for one in connectors if one.answers(bound)), None)
        if connector is None:
            raise Unavailable(f"this version has no way to read {bound.describe()}")  # noqa: TRY301
        answer = encode_answer(connector.fetch(bound, visit))
    except Unavailable as error:
        refusal = Refusal(error.reason, error.mend, error.key, error.skipped)
    except Exception as error:  # noqa: BLE001 - see below
        # The one place that catches what a connector did not foresee: the answer is lost, the run
        # is not. The message may hold a credential of a library's making, the type cannot.
        _LOG.debug("reading %s failed", label, exc_info=True)
        refusal = Refusal(
            f"reading {bound.describe()} failed: {type(error).__name__}",
            "Run again with --debug and report this.",
        )
    frozen = clock()
    seconds = 0.0 if frozen == started else round(time.monotonic() - asked_at, 3)
    recording.add(
        Record(
            bound.key,
            bound.source,
            bound.describe(),
            started,
            frozen,
            seconds,
            visit.requests,
            tuple(visit.notes),
            answer,
            refusal,
        )
    )
    meter.finished(ask)
