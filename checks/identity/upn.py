"""What a user principal name may look like: Microsoft's written rule, and a better name. Pure.

Microsoft's rule (prepare-for-directory-synchronization, concept-sspr-policy): 64 characters before
the @ and 48 after it, 113 in all; before it letters A-Z, digits and ``' . - _ ! # ^ ~``; it must
not begin with the @ nor have a dot, an ampersand, a blank or another @ just before it. What
Microsoft forbids is ``forbidden``; where it is silent, the fault is only a remark.

Values are judged as the directory holds them: nothing is trimmed or lower-cased before.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce

import idna

from assess.check import tr
from assess.language import Language, spoken
from assess.publicnames import reason_not_public

LONGEST = 113
LONGEST_NAME = 64
LONGEST_SUFFIX = 48
_LONGEST_LABEL = 63
_LONGEST_ACCOUNT = 20

_ALLOWED = r"A-Za-z0-9'\-_!#^~"
# Nothing to complain about before the @, and a suffix that is worth a closer look.
_PLAIN = re.compile(rf"([{_ALLOWED}]+(?:\.[{_ALLOWED}]+)*)@([A-Za-z0-9.-]+)")
_FORBIDDEN = re.compile(rf"[^{_ALLOWED}.]")
_DOTS = re.compile(r"\.{2,}")
# What shows as nothing, besides controls, formats and separators (Cc, Cf, Z*).
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(point) for point in (*range(0xFE00, 0xFE10), *range(0x180B, 0x1810))
}
_SHOWN = 5  # characters that a message names

# What sAMAccountName must not hold.
_BAD_ACCOUNT = re.compile(r'["\\/\[\]:;|=,+*?<>@\x00-\x1f]')


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a name: a stable word, whether Microsoft forbids it, and a sentence."""

    rule: str
    forbidden: bool
    text: str


def faults(value: str) -> tuple[Fault, ...]:
    """Everything that is wrong with a user principal name, its suffix included."""
    plain = _PLAIN.fullmatch(value)
    if plain is not None:
        name, suffix = plain.groups()
        if len(name) <= LONGEST_NAME and len(suffix) <= LONGEST_SUFFIX:
            return suffix_faults(suffix.lower())
    return tuple(_faults(value))


def _faults(value: str) -> Iterable[Fault]:
    name, at, suffix = value.rpartition("@")
    if not at:
        name, suffix = value, ""
        yield Fault("no-at", True, "there is no @ in it")
    yield from _lengths(value, name, suffix)
    if at and not name:
        yield Fault("at-first", True, "it begins with the @: there is no name before it")
    if "@" in name:
        yield Fault("at-more", True, tr("it has {} @ signs; one is allowed", value.count("@")))
    yield from _characters(value, name)
    if name.endswith("."):
        yield Fault("dot-last", True, "there is a dot just before the @")
    if name.endswith("&"):
        yield Fault("ampersand-last", True, "there is an & just before the @")
    if name.startswith("."):
        yield Fault("dot-first", False, "it begins with a dot, on which Microsoft is silent")
    if _DOTS.search(name):
        yield Fault("dots", False, "it has two dots in a row, on which Microsoft is silent")
    if at:
        yield from suffix_faults("".join(c for c in suffix if not _unseen(c)).lower())


def _lengths(value: str, name: str, suffix: str) -> Iterable[Fault]:
    if len(value) > LONGEST:
        yield Fault(
            "too-long", True, tr("it has {} characters; at most {} may be", len(value), LONGEST)
        )
    if len(name) > LONGEST_NAME:
        text = tr("{} characters before the @; at most {} may be", len(name), LONGEST_NAME)
        yield Fault("name-too-long", True, text)
    if len(suffix) > LONGEST_SUFFIX:
        text = tr("{} characters after the @; at most {} may be", len(suffix), LONGEST_SUFFIX)
        yield Fault("suffix-too-long", True, text)


def _characters(value: str, name: str) -> Iterable[Fault]:
    if " " in value:
        places = [
            place
            for place, there in (
                ("at its beginning", value.startswith(" ")),
                ("at its end", value.endswith(" ")),
                ("just before the @", name.endswith(" ") and "@" in value),
                ("within it", " " in value.strip(" ").replace(" @", "@")),
            )
            if there
        ]
        where = reduce(lambda some, one: tr("{} and {}", some, one), places or ["within it"])
        yield Fault("space", True, tr("there is a space {}", where))
    hidden = [c for c in value if c != " " and _unseen(c)]
    if hidden:
        yield Fault(
            "invisible", True, tr("there are characters that nobody sees: {}", _named(hidden))
        )
    foreign = [c for c in value if not c.isascii() and not _unseen(c)]
    if foreign:
        text = tr("only letters A to Z without accents are allowed; there is {}", _named(foreign))
        yield Fault("non-ascii", True, text)
    wrong = [c for c in _FORBIDDEN.findall(name) if c.isascii() and c != "@" and not _unseen(c)]
    if wrong:
        yield Fault("character", True, tr("not allowed before the @: {}", _named(wrong)))


def _unseen(character: str) -> bool:
    """A character that leaves no ink: spaces of every kind, controls, marks of direction."""
    return character in _BLANKS or unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")


def _named(characters: Iterable[str]) -> str:
    """Each character once, with its code point and Unicode's name for it."""
    once = list(dict.fromkeys(characters))
    shown = [
        f"{'' if _unseen(c) or unicodedata.combining(c) else c + ' '}"
        f"(U+{ord(c):04X} {unicodedata.name(c, '') or tr('without a name')})"
        for c in once[:_SHOWN]
    ]
    more = len(once) - _SHOWN
    first = ", ".join(shown)
    return tr("{} and {} more", first, more) if more > 0 else first


def suffix_faults(suffix: str) -> tuple[Fault, ...]:
    """What is wrong with a suffix as such (lower case, without what nobody sees).

    A name that nobody can own on the internet is forbidden; whether somebody verified it in the
    tenant is another question.
    """
    return _of_suffix(suffix, spoken())


@lru_cache(maxsize=4096)
def _of_suffix(suffix: str, _language: Language) -> tuple[Fault, ...]:
    """The same. What is kept is a sentence, and so is kept for one language."""
    if not suffix:
        return (Fault("no-suffix", True, "there is no domain after the @"),)
    found = list(_suffix_faults(suffix))
    if not any(fault.forbidden for fault in found):
        reason = reason_not_public(suffix)
        if reason is not None:
            found.append(Fault("not-public", True, f"{suffix} {reason}"))
    return tuple(found)


def _suffix_faults(suffix: str) -> Iterable[Fault]:
    labels = suffix.split(".")
    if not all(labels):
        yield Fault("suffix-dots", True, tr("{} has a dot too many", suffix))
    wrong = [c for c in suffix if c.isascii() and not (c.isalnum() or c in "-_.")]
    if wrong:
        yield Fault("suffix-character", True, tr("not allowed after the @: {}", _named(wrong)))
        return
    if "_" in suffix:
        text = tr("{} has an underscore, which Microsoft permits and many services refuse", suffix)
        yield Fault("suffix-underscore", False, text)
    for label in filter(None, labels):
        if label.startswith("-") or label.endswith("-") or len(label) > _LONGEST_LABEL:
            text = tr(
                "{} is no label of a domain: at most 63 characters, no hyphen at its ends", label
            )
            yield Fault("suffix-label", True, text)
        elif not label.isascii() or label.startswith("xn--"):
            yield from _international(label)


def _international(label: str) -> Iterable[Fault]:
    """IDNA 2008, in both directions: a name in Unicode is written as xn--, and that must decode."""
    try:
        if not label.isascii():
            ascii_form = idna.alabel(label).decode()
            text = tr("{} must be written as {}, as it stands in the DNS", label, ascii_form)
            yield Fault("suffix-unicode", True, text)
        else:
            idna.ulabel(label)
    except idna.IDNAError as error:
        yield Fault(
            "suffix-idna", True, tr("{} is no international label (IDNA 2008): {}", label, error)
        )


def account_faults(account: str) -> tuple[Fault, ...]:
    """What is wrong with a sAMAccountName that a missing name would be composed from."""
    if not account:
        return (Fault("account-missing", True, "there is no sAMAccountName either"),)
    found = []
    if len(account) > _LONGEST_ACCOUNT:
        text = tr(
            "sAMAccountName has {} characters; at most {} may be", len(account), _LONGEST_ACCOUNT
        )
        found.append(Fault("account-too-long", True, text))
    wrong = _BAD_ACCOUNT.findall(account)
    if wrong:
        found.append(Fault("account-character", True, tr("sAMAccountName holds {}", _named(wrong))))
    return tuple(found) + tuple(
        Fault(f"account-{fault.rule}", True, tr("composed from sAMAccountName: {}", fault.text))
        for fault in _characters(account, account)
        if fault.rule != "character" or not wrong
    )


# -- a better name --

# Beyond what decomposition gives. Umlauts as German writes them: a suggestion, not a law.
_SPELT = {
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "þ": "th",
    "ð": "d", "đ": "d", "ł": "l", "ı": "i", "ŋ": "n", "ħ": "h", "ŧ": "t", "’": "'", "‘": "'",
    "‐": "-", "‑": "-", "–": "-", "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d",
    "е": "e", "є": "ye", "ж": "zh", "з": "z", "и": "i", "і": "i", "к": "k", "л": "l", "м": "m",
    "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh",
    "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
    "я": "ya", "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th",
    "ι": "i", "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r",
    "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_NOT_ALLOWED = re.compile(rf"[^{_ALLOWED}.]+")


def transliterated(name: str) -> str:
    """``name`` with what is allowed before the @ and nothing else; "" where nothing is left."""
    composed = unicodedata.normalize("NFC", name)
    spelt = "".join(_spelt(c) for c in composed)
    joined = ".".join(spelt.split())  # Ann Archer -> Ann.Archer
    return _DOTS.sub(".", _NOT_ALLOWED.sub("", joined)).strip(".")


def _spelt(character: str) -> str:
    if character.isascii():
        return character
    if _unseen(character):
        return " " if unicodedata.category(character).startswith("Z") else ""
    lower = character.lower()
    if lower in _SPELT:
        said = _SPELT[lower]
        return said if character == lower else said.capitalize()
    parts = unicodedata.normalize("NFKD", character)
    base = "".join(c for c in parts if not unicodedata.combining(c))
    return base if base.isascii() else "".join(_SPELT.get(c.lower(), "") for c in base)


def stem(upn: str | None, account: str) -> str:
    """What a proposal begins with: the name before the @, else sAMAccountName, else ``user``."""
    name = (upn or "").rpartition("@")[0] if "@" in (upn or "") else upn or ""
    return transliterated(name) or transliterated(account) or "user"


def proposal(beginning: str, number: int, suffix: str) -> str:
    """The ``number``-th name made of a stem (from 1): ``ann@…``, ``ann2@…``. Always within limits.

    ``beginning`` is a ``stem``; ``suffix`` a domain that is itself within the limits.
    """
    mark = "" if number == 1 else str(number)
    room = min(LONGEST_NAME, LONGEST - 1 - len(suffix)) - len(mark)
    return f"{beginning[:room].rstrip('.') or 'user'}{mark}@{suffix}"
