"""Before the long run: reach every source, sign in, and compare rights, all at once, in seconds.

Total: each source that the questions name gets a row, whatever it does, and one that does not
answer in time is a row that says so. A second way to the same answers (an export, the site's
database) has a row of its own.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from assess.check import Check
from assess.collect import questions
from assess.connectors import Connector, Visit
from assess.connectors.exported import with_export
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.permissions import Right, lacking, rights, sign_in_of
from assess.recording import Recording
from assess.sources import SOURCES, connectors_for

State: TypeAlias = Literal["ok", "failed", "skipped"]
Connect: TypeAlias = Callable[[Sequence[Ask], Engagement], Sequence[Connector]]
_LOG = logging.getLogger(__name__)
_SHOWN = 3  # requirements named for a permission that is lacking


@runtime_checkable
class HoldsPermissions(Protocol):
    """A connector that can tell which permissions its sign-in holds; None where it cannot."""

    def held(self) -> frozenset[str] | None:
        """The names of the permissions, as the questions name them; raises Unavailable."""
        ...


@dataclass(frozen=True)
class Row:
    """What one source came to: ``found`` is what was seen or went wrong, ``mend`` what to do."""

    source: str
    status: State
    found: str
    mend: str = ""
    seconds: float = 0.0


def preflight(
    checks: Sequence[Check],
    engagement: Engagement,
    *,
    clock: Callable[[], datetime],
    seconds: float = 30.0,
    connect: Connect = connectors_for,
) -> list[Row]:
    """A row for each way to the sources that these checks ask, in the order of the sources.

    ``seconds`` bounds the whole: a source that takes longer is left behind, and not waited for.
    """
    asked: dict[str, list[Ask]] = {}
    for ask in questions(checks):
        asked.setdefault(ask.source, []).append(ask)
    needed = rights(checks, sign_in_of(engagement))
    order = {source: number for number, source in enumerate(SOURCES)}
    sources = sorted(asked, key=lambda source: (order.get(source, len(order)), source))
    rows: dict[str, list[Row]] = {}
    engagement = with_export(engagement)
    now = clock()
    with Recording(engagement, as_of=now, started_at=now, finished_at=now) as nothing_yet:

        def look(source: str) -> None:
            visit = Visit(known=nothing_yet, clock=clock, tables=nothing_yet.tables, label=source)
            wanted = [right for right in needed if right.source == source]
            # Whoever has a row of its own, and answers here too, is reached once.
            elsewhere = frozenset(asked) - {source}
            rows[source] = _rows(
                source, asked[source], engagement, wanted, visit, connect, elsewhere
            )

        # Daemons: whoever still waits for a silent server must not hold up the end of the run.
        threads = {
            source: threading.Thread(target=look, args=(source,), name=source, daemon=True)
            for source in sources
        }
        for thread in threads.values():
            thread.start()
        until = time.monotonic() + seconds
        for thread in threads.values():
            thread.join(max(0.0, until - time.monotonic()))
        done: Mapping[str, list[Row]] = dict(rows)
    return [row for source in sources for row in done.get(source) or [_late(source, seconds)]]


def _rows(
    source: str,
    asks: Sequence[Ask],
    engagement: Engagement,
    needed: Sequence[Right],
    visit: Visit,
    connect: Connect,
    elsewhere: frozenset[str],
) -> list[Row]:
    connectors: Sequence[Connector] = ()
    started = time.monotonic()
    try:
        connectors = connect(asks, engagement)
        if not connectors:
            return [Row(source, "failed", "this version has no way to read it", "Update the tool.")]
        mine = [connector for connector in connectors if connector.source not in elsewhere]
        return [_row(connector, needed, visit) for connector in mine]
    except Exception as error:  # noqa: BLE001 - see _failed
        return [_failed(source, error, started)]
    finally:
        for connector in connectors:
            with suppress(Exception):
                connector.close()


def _row(connector: Connector, needed: Sequence[Right], visit: Visit) -> Row:
    started = time.monotonic()
    try:
        found = connector.probe(visit)
        lack = _lack(connector, needed)
    except Exception as error:  # noqa: BLE001 - see _failed
        return _failed(connector.source, error, started)
    seconds = round(time.monotonic() - started, 3)
    if lack:
        names = ", ".join(right.name for right in lack)
        return Row(
            connector.source, "failed", f"{found}; lacks {names}", _grant(lack), seconds
        )
    return Row(connector.source, "ok", found, seconds=seconds)


def _failed(source: str, error: Exception, started: float) -> Row:
    """As in a run: what a connector did not foresee costs its own source and no other."""
    seconds = round(time.monotonic() - started, 3)
    if isinstance(error, Unavailable):
        state: State = "skipped" if error.skipped else "failed"
        return Row(source, state, error.reason, error.mend, seconds)
    # The message may hold a credential of a library's making, the type cannot.
    _LOG.debug("the preflight of %s failed", source, exc_info=error)
    return Row(
        source,
        "failed",
        f"reaching it failed: {type(error).__name__}",
        "Run again with --debug and report this.",
        seconds,
    )


def _lack(connector: Connector, needed: Sequence[Right]) -> list[Right]:
    held = connector.held() if isinstance(connector, HoldsPermissions) else None
    return [] if held is None else lacking(needed, held)


def _grant(lack: Sequence[Right]) -> str:
    """What to grant, and what for."""
    parts = []
    for right in lack:
        named = ", ".join(right.requirements[:_SHOWN])
        more = len(right.requirements) - _SHOWN
        parts.append(f"{right.name} (for {named}{f' and {more} more' if more > 0 else ''})")
    return f"Grant and consent to {'; '.join(parts)}."


def _late(source: str, seconds: float) -> Row:
    return Row(
        source,
        "failed",
        f"no answer within {seconds:g} seconds",
        "Check the address, the firewall and the proxy on the way, or finish the sign-in that "
        "is waiting.",
        seconds,
    )
