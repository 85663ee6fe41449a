"""Which domain names somebody can own on the internet: the Public Suffix List, without a network.

The ICANN section of the list that ships with `publicsuffixlist` decides; a top-level domain that it
does not know is not one of the internet. What is reserved for private use is not public either,
even where the list has it (home.arpa, onion).
"""

from functools import cache
from pathlib import Path

import idna
from publicsuffixlist import PSLFILE, PublicSuffixList

from assess.language import tr

# Reserved by RFC 2606, 6761, 6762, 7686, 8375, 9476 and by ICANN, or in wide use without being one.
_PRIVATE = frozenset(
    {
        "alt", "arpa", "corp", "domain", "example", "home", "internal", "intranet", "invalid",
        "lan", "local", "localdomain", "localhost", "mail", "onion", "private", "test", "workgroup",
    }
)  # fmt: skip


@cache
def _rules() -> dict[str, list[str]]:
    """The rules of the ICANN section as they are written, by their top-level domain."""
    rules: dict[str, list[str]] = {}
    within = False
    for line in Path(PSLFILE).read_text(encoding="utf-8").splitlines():
        if line.startswith("// ==="):
            within = line.startswith("// ===BEGIN ICANN DOMAINS===")
        elif within and line and not line.startswith("//"):
            rule = line.split()[0].lower()
            rules.setdefault(rule.rpartition(".")[2], []).append(rule)
    return rules


@cache
def _list(top: str) -> PublicSuffixList:
    """The list of one top-level domain; to encode all 7,000 rules takes a quarter of a second."""
    rules = _rules().get(top, [])
    if not rules and top.startswith("xn--"):
        try:
            rules = _rules().get(idna.decode(top), [])
        except UnicodeError:  # IDNAError is one
            rules = []
    return PublicSuffixList(rules, accept_unknown=False)


def ascii_name(name: str) -> str | None:
    """The name in ASCII, lower case, without the trailing dot; None where it is no domain name."""
    text = name.strip().removesuffix(".").lower()
    try:
        text = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        return None
    labels = text.split(".")
    sound = all(
        0 < len(label) <= 63  # noqa: PLR2004 - octets of a label
        and label.replace("-", "").replace("_", "").isalnum()
        and not label.startswith("-")
        and not label.endswith("-")
        for label in labels
    )
    return text if sound and len(text) <= 253 else None  # noqa: PLR2004 - octets of a name


def registrable(domain: str) -> str | None:
    """The registered part: contoso.co.uk of emea.contoso.co.uk; None where there is none."""
    name = ascii_name(domain)
    if name is None or name.rpartition(".")[2] in _PRIVATE:
        return None
    found = _list(name.rpartition(".")[2]).privatesuffix(name)
    return str(found) if found else None


def is_public(domain: str) -> bool:
    """Somebody can own this name on the internet."""
    return registrable(domain) is not None


def reason_not_public(domain: str) -> str | None:
    """Why nobody can own this name on the internet, to follow its name in a sentence; else None."""
    if is_public(domain):
        return None
    name = ascii_name(domain)
    if name is None:
        return tr("is not a domain name")
    if "." not in name:
        return tr("is a single label, which no registrar sells")
    last = name.rpartition(".")[2]
    if last in _PRIVATE:
        return tr("ends in .{}, which is for private networks and cannot be registered", last)
    if _list(last).publicsuffix(name) is None:
        return tr("ends in .{}, which is no top-level domain of the internet", last)
    return tr("is a public suffix: names are registered below it, and nobody owns it")
