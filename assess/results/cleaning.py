"""Every text that came from a directory, a tenant or a file is cleaned here once.

So no reporter meets a control character or a lone surrogate.
"""

import re

_LONGEST = 2000
LONGEST_LETTER = 20_000
# C0 and C1 controls but tab and newline, bidirectional marks, and what no JSON text may hold.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def clean(text: str, longest: int = _LONGEST) -> str:
    """``text`` without controls, bidirectional marks and lone surrogates, at most 2,000 characters.

    What is taken out leaves U+FFFD, so that nobody mistakes a name with a hidden sign for another.
    """
    safe = _UNSAFE.sub("\ufffd", text)
    return safe if len(safe) <= longest else f"{safe[:longest]}…"
