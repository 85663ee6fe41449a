"""Which keys of the engagement file a choice of scenarios can use, and so which are asked for."""

import re
from collections.abc import Iterable

from assess.catalogue import Requirement
from assess.discover import Library
from assess.engagement import key_definitions
from assess.evidence import ALIASES, Ask
from assess.evidence.config import Key

_BRACES = re.compile(r"\{([a-z0-9_]+(?:\.[a-z0-9_]+)*)\}")
# What every engagement is about, whatever its scenarios.
_ALWAYS = ("engagement.customer", "tenant.id", "tenant.cloud", "tenant.public_domains")
# The site is reached through these wherever a requirement takes evidence from it.
_SITE = ("site.code", "site.server_fqdn", "site.provider_fqdn")


def needed_keys(library: Library, scenarios: Iterable[str]) -> list[str]:
    """The keys that requirements and checks of the scenarios look at, in the order of keys.toml."""
    used = set(_ALWAYS)
    for requirement in library.catalogue.selected(scenarios):
        used |= _of_requirement(requirement)
        if "adminservice" in requirement.evidence:
            used |= set(_SITE)
        check = library.checks.get(requirement.id)
        if check is not None:
            used |= {key for ask in check.asks for key in keys_of(ask)}
            used |= {check.subjects} if check.subjects else set()
    return [name for name in key_definitions() if name in used]


def _of_requirement(requirement: Requirement) -> set[str]:
    texts = " ".join(requirement.remediation)
    return {
        *requirement.keys,
        *(clause.key for clause in requirement.applies),
        *_BRACES.findall(texts),
    }


def keys_of(ask: Ask) -> set[str]:
    """The keys that a question, and those it requires, is written with."""
    found = {ask.name} if isinstance(ask, Key) else set()
    for name in ask.__struct_fields__:
        value = getattr(ask, name)
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str):
                found |= set(_BRACES.findall(text))
    for other in ask.requires():
        found |= keys_of(other)
    return {ALIASES.get(name, name) for name in found}
