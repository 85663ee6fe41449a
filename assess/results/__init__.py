"""Findings, verdicts and scores: what becomes of judgements, and the file that keeps it.

Whoever reads or renders results imports their shapes alone. What judges (``evaluate``) brings the
engine along, so that it is imported when it is asked for.
"""

from typing import TYPE_CHECKING

from assess.results.cleaning import LONGEST_LETTER, clean
from assess.results.file import SCHEMA_VERSION, from_json, schema, shipped_schema, to_json
from assess.results.options import compared
from assess.results.selection import Selection
from assess.results.shapes import (
    ACTION_PLAN,
    CommentOf,
    ConstraintOf,
    EndOf,
    EngagementSummary,
    EvidenceLine,
    Finding,
    FormatOf,
    OptionOf,
    PlanNote,
    PlanRead,
    Proposal,
    Reference,
    Results,
    SourceOf,
    SupportOf,
    TableOf,
    Tool,
    VerdictOf,
    WaiverOf,
    bare,
)
from assess.results.verdicts import WEIGHTS, score, verdict_of
from assess.results.wording import WHATEVER_IT_WAS, reason_of

if TYPE_CHECKING:
    from assess.results.evaluation import evaluate
else:

    def __getattr__(name):  # noqa: ANN001, ANN202
        """``evaluate``, imported now: a checker of types sees the import above."""
        if name != "evaluate":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from assess.results.evaluation import evaluate  # noqa: PLC0415

        globals()[name] = evaluate
        return evaluate


__all__ = [
    "ACTION_PLAN",
    "LONGEST_LETTER",
    "SCHEMA_VERSION",
    "WEIGHTS",
    "WHATEVER_IT_WAS",
    "CommentOf",
    "ConstraintOf",
    "EndOf",
    "EngagementSummary",
    "EvidenceLine",
    "Finding",
    "FormatOf",
    "OptionOf",
    "PlanNote",
    "PlanRead",
    "Proposal",
    "Reference",
    "Results",
    "Selection",
    "SourceOf",
    "SupportOf",
    "TableOf",
    "Tool",
    "VerdictOf",
    "WaiverOf",
    "bare",
    "clean",
    "compared",
    "evaluate",
    "from_json",
    "reason_of",
    "schema",
    "score",
    "shipped_schema",
    "to_json",
    "verdict_of",
]
