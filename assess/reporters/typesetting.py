"""What of the PDF's style depends on the language: words in margins, hanging labels, room.

A label hangs by a margin, since a box of its own would cost more than the line that it stands in;
the margin is what its width leaves of the indent. The indent is that of the longest label.
"""

import unicodedata
from collections.abc import Iterable, Mapping

from assess.language import ENGLISH, lookup, msg, spoken, tr
from assess.reporters.brand import Brand
from assess.reporters.templating import content, in_css

# Class and word of every label that hangs.
LABELS: Mapping[str, str] = {
    "found": msg("Found"), "expected": msg("Expected"), "evidence": msg("Evidence"),
    "mend": msg("To mend it"), "know": msg("To know it"), "after": msg("After"),
    "asked": msg("Asked by"), "note": msg("Note"),
}  # fmt: skip
_SIZE = 8.0
_LEAST_INDENT = 17 * 72 / 25.4
_MOST_INDENT = 30 * 72 / 25.4
_GAP = 6.0
_LONG_TITLE = 32
# In millimetres: a line, a letter of a head and of a count, the mark before one and the gap behind.
_LINE, _TITLE_LETTER, _COUNT_LETTER, _MARK = 168.0, 2.4, 1.6, 6.3
# As laid out, in points: closer by half a point than the sum of the letters.
_MEASURED = {
    "Found": 21.34, "Expected": 30.51, "Evidence": 30.07, "To mend it": 35.38, "To know it": 34.36,
    "After": 15.65, "Asked by": 29.83, "Note": 16.39,
}  # fmt: skip
# The width of a letter in thousandths of the size: Source Sans 3, regular.
_ADVANCES = {
    **dict(zip("abcdefghijklmnopqrstuvwxyz", (
        504, 553, 456, 555, 496, 292, 504, 544, 246, 247, 495, 255, 829, 547, 542, 555, 555, 347,
        419, 338, 544, 467, 719, 446, 467, 425,
    ), strict=True)),
    **dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (
        543, 588, 571, 615, 527, 494, 617, 652, 263, 479, 579, 486, 727, 647, 664, 566, 664, 569,
        534, 536, 645, 515, 786, 513, 476, 539,
    ), strict=True)),
    " ": 200, ".": 249, ",": 249, ":": 249, "-": 311, "\u2019": 249, "ß": 576, "æ": 778, "ø": 542,
    "œ": 839,
}  # fmt: skip


def sheet(brand: Brand, remedies: Mapping[str, str] | None = None) -> str:
    """The style sheet of the language in force; it lies over the one that all languages share.

    ``remedies``: the labels of remedies as they stand in the report.
    """
    foot = " · ".join(filter(None, (brand.kept(tr("Confidential")), brand.footer)))
    running = content(tr("page {page} of {pages}"), "counter(page)")
    reference = content(tr("page {page}"), "target-counter(attr(href), page)")
    words = {label: lookup(word) for label, word in LABELS.items()} | dict(remedies or {})
    widths = {label: width(word) for label, word in words.items()}
    indent = min(_MOST_INDENT, max(_LEAST_INDENT, max(widths.values()) + _GAP))
    labels = "".join(
        f".k-{label} {{ margin-right: {max(_GAP / 2, indent - wide):.2f}pt }}\n"
        for label, wide in widths.items()
    )
    return (
        f'@page {{ @bottom-left {{ content: "{in_css(foot)}" }} '
        f"@bottom-right {{ content: {running} }} }}\n"
        f".page::after {{ content: {reference} }}\n"
        f".kv {{ padding-left: {indent:.2f}pt; text-indent: -{indent:.2f}pt }}\n"
        f".waiver {{ padding-left: {indent:.2f}pt }}\n"
        f"{labels}{_longer()}"
    )


def wide(title: str, counts: Iterable[str]) -> bool:
    """Whether the head of an area and its counts, each with its mark, take a line each."""
    beside = sum(_MARK + _COUNT_LETTER * len(count) for count in counts)
    return len(title) > _LONG_TITLE or _TITLE_LETTER * len(title) + beside > _LINE


def _longer() -> str:
    """Room for words longer than the English ones.

    They are divided where columns are narrow, and never in a name.
    """
    if spoken().code == ENGLISH.code:
        return ""
    return (
        ".many .l { width: 52mm }\n.many .bar { width: 114mm }\n"
        ".many .counts { font-size: 7.6pt }\n.many .m { margin-right: 1.2mm }\n"
        "h1, .two, .t, .subtitle { hyphens: auto; hyphenate-limit-chars: 9 4 4 }\n"
        ".id, .code { hyphens: none }\n"
        ".w-where { width: 44mm }\n"
    )


def width(text: str) -> float:
    """How wide a label is, in points. A letter counts without its accent; a stranger as an m."""
    if text in _MEASURED:
        return _MEASURED[text]
    plain = (one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))
    return sum(_ADVANCES.get(one, _ADVANCES["m"]) for one in plain) / 1000 * _SIZE
