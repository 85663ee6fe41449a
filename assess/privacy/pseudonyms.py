r"""Pseudonyms: a keyed hash of a name. One name, one pseudonym, in every run with the same key.

An account keeps what its findings are about: the suffix of a UPN, the domain of DOMAIN\name, the
domain of a device. Only the name within is replaced, so that ``anna@contoso.com``,
``anna@corp.local`` and ``CORP\anna`` are seen to be alike. Nothing here can be turned round
without the key, and with it only by trying names.
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from assess.evidence.people import Naming
from assess.language import lookup, msg

_GUID = re.compile(r"\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9]{1,9}:")
_GUEST = "#ext#"
_FIRST_NAME = re.compile(r"([A-Za-z0-9.]+=)((?:\\.|[^,\\])*)", re.DOTALL)
_LETTERS = 10  # 47 bits: among 200,000 people two share one in one of 10,000 engagements
_REMEMBERED = 20_000  # codes that are not reckoned again; a row says the same name many times
# What looks like an address, wherever it stands.
_AROUND = r"\s@\"<>()\[\],;:=|/\\"
_ADDRESS = re.compile(rf"[^{_AROUND}]+@[^{_AROUND}]+")
_QUOTES = "'‘’“”`.…{}"
# The first is a digit, so that none reads like a word ("user-assignment").
_CODE = rf"[2-7][a-z2-7]{{{_LETTERS - 1}}}"
# Every pseudonym that this module makes.
MADE = re.compile(
    rf"(?<![\w-])(?:(?P<account>user-{_CODE}\$?(?:#EXT#)?(?:@[^{_AROUND}]*[^{_AROUND}.'])?)"
    rf"|(?P<device>dev-{_CODE})|(?P<serial>SN-{_CODE})|(?P<name>Person {_CODE}))",
    re.IGNORECASE,
)
WITHHELD = msg("(withheld)")


class Pseudonyms:
    """The pseudonyms of one engagement. ``kept``: short names of servers, which stay as they are.

    ``watch`` names a text; ``seen`` then holds every name that occurs in it, with its pseudonym.
    """

    def __init__(self, key: bytes, *, kept: Iterable[str] = ()) -> None:
        self._key = key
        self._kept = {_short(name) for name in kept}
        self._codes: dict[tuple[str, str], str] = {}
        self._watched = ""
        self.seen: dict[str, str] = {}

    def watch(self, text: str) -> None:
        """Remember the pseudonym of every name that this text may quote."""
        self._watched = text.casefold()

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart, and nothing else."""
        return self._code("fingerprint", "")

    def of(self, kind: Naming, text: str) -> str:
        """The pseudonym of a text; the text itself where it names nobody."""
        if not text.strip() or _GUID.fullmatch(text.strip()):
            return text
        made = self._make(kind, text)
        if self._watched and made != text:
            for term, stands in _terms(kind, text):
                if term.casefold() in self._watched:
                    self.seen[term.casefold()] = self._make(*stands)
        return made

    def _make(self, kind: Naming, text: str) -> str:
        match kind:
            case Naming.ACCOUNT:
                return self._account(text)
            case Naming.NAME:
                return f"Person {self._code('name', ' '.join(text.split()))}"
            case Naming.DEVICE:
                return self._device(text)
            case Naming.SERIAL:
                return f"SN-{self._code('serial', text.strip()).upper()}"
            case Naming.DN:
                return _FIRST_NAME.sub(
                    lambda m: f"{m[1]}Person {self._code('name', m[2].strip())}", text, count=1
                )
            case Naming.EITHER:
                account = "@" in text or "\\" in text
                return self._account(text) if account else self._device(text)
            case Naming.FREE:
                return lookup(WITHHELD)

    def _account(self, text: str) -> str:
        scheme = _SCHEME.match(text)
        if scheme is not None:
            return scheme[0] + self.of(Naming.ACCOUNT, text[scheme.end() :])
        local, at, suffix = text.rpartition("@")
        if not at:
            local, suffix = text, ""
        domain, slash, local = local.rpartition("\\")
        ending = "$" if local.endswith("$") else ""
        name = local.removesuffix("$")
        if name.casefold().endswith(_GUEST):
            name, ending = name[: -len(_GUEST)], "#EXT#"
        if not name.strip():
            return text
        return f"{domain}{slash}user-{self._code('account', name.strip())}{ending}{at}{suffix}"

    def _device(self, text: str) -> str:
        if _short(text) in self._kept:
            return text
        name, dot, domain = text.strip().partition(".")
        return f"dev-{self._code('device', name)}{dot}{domain}"

    def _code(self, kind: str, text: str) -> str:
        known = self._codes.get((kind, text))
        if known is not None:
            return known
        plain = unicodedata.normalize("NFKC", text).casefold()
        data = f"{kind}\0{plain}".encode("utf-8", "surrogatepass")
        digest = hmac.digest(self._key, data, hashlib.sha256)
        code = base64.b32encode(digest).decode("ascii").lower()
        if len(self._codes) >= _REMEMBERED:
            self._codes.clear()
        made = self._codes[kind, text] = f"{digest[-1] % 6 + 2}{code[: _LETTERS - 1]}"
        return made

    def whole(self, text: str) -> str:
        """The text with the pseudonym of every address in it, whoever wrote it."""
        return _ADDRESS.sub(self._address, text) if "@" in text else text

    def _address(self, found: re.Match[str]) -> str:
        text = found[0]
        inner = text.strip(_QUOTES)
        local, _, suffix = inner.rpartition("@")
        if not local or not any(letter.isalnum() for letter in suffix):
            return text
        start = text.index(inner)
        return text[:start] + self.of(Naming.ACCOUNT, inner) + text[start + len(inner) :]

    def terms(self, kind: Naming, text: str) -> Iterator[tuple[str, str]]:
        """The ways in which a text may be quoted, and what stands for each."""
        made = self.of(kind, text)
        if made != text:
            yield from ((term, self._make(*name)) for term, name in _terms(kind, text))


def _terms(kind: Naming, text: str) -> Iterator[tuple[str, tuple[Naming, str]]]:
    """The ways in which a text may be quoted, and what each of them names."""
    plain = text.strip()
    yield plain, (kind, plain)
    part = ""
    if kind is Naming.DN:
        named = _FIRST_NAME.match(plain)
        if named is not None:
            yield re.sub(r"\\(.)", r"\1", named[2]).strip(), (Naming.NAME, named[2].strip())
    elif kind in (Naming.ACCOUNT, Naming.EITHER):
        whole = _SCHEME.sub("", plain, count=1)
        part = (whole.rpartition("@")[0] or whole).rpartition("\\")[2]
        kind = Naming.ACCOUNT if part != plain else kind
    elif kind is Naming.DEVICE:
        part = plain.partition(".")[0]
    if part and part != plain:
        yield part, (kind, part)


def _short(name: str) -> str:
    return name.strip().partition(".")[0].casefold()


class Quoted:
    """Texts that quote names: each name is replaced where it stands as a word of its own.

    ``named``: the names, case-folded, and what stands for each.
    """

    _SHORTEST = 3

    def __init__(self, pseudonyms: Pseudonyms, named: Mapping[str, str] | None = None) -> None:
        self._pseudonyms = pseudonyms
        self.named = dict(named or {})
        # How a name is written, where that is not found by ignoring case: ß is SS in capitals.
        self._written: dict[str, set[str]] = {}

    def add(self, kind: Naming, text: str) -> None:
        """A name that texts may quote."""
        for term, made in self._pseudonyms.terms(kind, text):
            if term != made and any(letter.isalnum() for letter in term):
                folded = term.casefold()
                self.named.setdefault(folded, made)
                if folded != term.lower():
                    self._written.setdefault(folded, set()).update(
                        (term, term.lower(), term.upper())
                    )

    def beside(self, other: "Quoted") -> "Quoted":
        """The names of both."""
        both = Quoted(self._pseudonyms, {**other.named, **self.named})
        both._written = {**other._written, **self._written}  # noqa: SLF001 - of its own kind
        return both

    def exactly(self, text: str) -> str:
        """What stands for a text that is a name, and nothing but it."""
        return self.named.get(text.strip().casefold()) or self._pseudonyms.whole(text)

    def within(self, text: str) -> str:
        """The text with every name in it replaced; a name that was cut off goes too."""
        folded = text.casefold()
        if folded.strip() in self.named:
            return self.named[folded.strip()]
        text = uncut(text)
        there = [term for term in self.named if len(term) >= self._SHORTEST and term in folded]
        # Addresses first: a name inside one must not hide the rest of it.
        text = self._pseudonyms.whole(text)
        for term in sorted(there, key=len, reverse=True):
            forms = "|".join(map(re.escape, (term, *sorted(self._written.get(term, ())))))
            pattern = rf"(?<!\w)(?<!user-)(?<!dev-)(?:{forms})(?!\w)"
            made = self.named[term]
            text = re.sub(pattern, lambda _, made=made: made, text, flags=re.IGNORECASE)  # type: ignore[misc]
        return text


def uncut(text: str) -> str:
    """A text that was cut off, less its last item: half a name is a name all the same."""
    if not text.endswith("…"):
        return text
    places = [text.rfind(sign, max(0, len(text) - 200)) for sign in ",;:(=\n"]
    last = max(places)
    return f"{text[: last + 1]}…" if last > 0 else f"{' '.join(text.split()[:-4])}…"
