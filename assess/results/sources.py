"""How each source behaved, from what the recording keeps of its answers and refusals."""

from collections import Counter
from typing import Literal

from assess.language import lookup, tr
from assess.recording import Recording, Refusal
from assess.results.cleaning import clean
from assess.results.shapes import SourceOf


def sources_of(recording: Recording) -> tuple[SourceOf, ...]:
    """How each source did. One that was asked first and refused counts its refusals too."""
    answered: Counter[str] = Counter()
    refused: dict[str, list[Refusal]] = {}
    requests: Counter[str] = Counter()
    seconds: dict[str, float] = {}
    # By key: the order of answering differs from run to run, and reports must not.
    for _, record in sorted(recording.records.items()):
        requests[record.source] += record.requests
        seconds[record.source] = seconds.get(record.source, 0.0) + record.seconds
        if record.refusal is None:
            answered[record.source] += 1
        else:
            refused.setdefault(record.source, []).append(record.refusal)
        for passed in record.passed_over:
            if passed.refusal.skipped and passed.source == record.source:
                continue  # one of two ways to a source need not be set up
            refused.setdefault(passed.source, []).append(passed.refusal)
    found = []
    for source in sorted({*answered, *refused}):
        refusals = refused.get(source, [])
        status: Literal["ok", "partial", "failed", "skipped"] = "ok"
        if not answered[source]:
            status = "skipped" if all(r.skipped or r.key for r in refusals) else "failed"
        elif refusals:
            status = "partial"
        reasons = "; ".join(dict.fromkeys(lookup(refusal.reason) for refusal in refusals))
        detail = tr(
            "{answered} of {asked} questions answered",
            answered=answered[source],
            asked=answered[source] + len(refusals),
        )
        found.append(
            SourceOf(
                source,
                status,
                clean(f"{detail}: {reasons}" if reasons else detail),
                requests[source],
                round(seconds.get(source, 0.0), 3),
            )
        )
    return tuple(found)
