"""What the checks of templates share: whether a template is there, and whether one is needed."""

from collections.abc import Iterable
from typing import Annotated, TypeAlias

from assess.check import Fail, Key, Missing, NotApplicable, Outcome, Unknown, tr, trn
from assess.evidence.pki import Template, Templates, reasons

Issuer: TypeAlias = Annotated[str | Missing, Key("pki.issuer")]
Mode: TypeAlias = Annotated[str | Missing, Key("mp.mode")]

_SHOW = (
    "Give the account that reads {ad.server} Read on the certificate templates, as Authenticated "
    "Users have it."
)


def unneeded(issuer: str | Missing, mode: str | Missing) -> NotApplicable | None:
    """No certificate of an own authority is planned: neither for the services nor for clients."""
    if issuer == "public" and mode == "enhanced-http":
        return NotApplicable(None, "pki.issuer is public and mp.mode is enhanced-http")
    return None


def absent(templates: Templates) -> Fail | Unknown | None:
    """The template was not found: that it is not there, or that nobody can say; None: it is."""
    if templates.found():
        return None
    name = templates.name
    gaps = [reasons(templates.refused())] if templates.refused() else []
    remedy = [one.mend for one in templates.refused() if one.mend]
    for forest in templates.read():
        if forest.hidden:
            because = trn(
                forest.hidden,
                "{n} template of {} is not shown to this account, and may be {}",
                "{n} templates of {} are not shown to this account, any of which may be {}",
                forest.root,
                name,
            )
            gaps.append(because)
            remedy.append(_SHOW)
    if gaps:
        return Unknown(name, "; ".join(gaps), remedy=tuple(dict.fromkeys(remedy)))
    seen = ", ".join(tr("{} in {}", forest.seen, forest.root) for forest in templates.read())
    return Fail(name, tr("a template with the display name {}", name), tr("none among {}", seen))


def usages(template: Template) -> tuple[frozenset[str], str]:
    """The purposes that both attributes name, and what only one of them names, in a sentence.

    Version 1 knows the one attribute only; above it the authority goes by the policies, and Windows
    writes the same into both.
    """
    extended, policies = set(template.usages), set(template.policies)
    if not policies or template.schema == 1:
        return frozenset(extended), ""
    if not extended:
        return frozenset(policies), ""
    odd = sorted(extended ^ policies)
    doubt = tr("pKIExtendedKeyUsage and the application policies differ in {}", ", ".join(odd))
    return frozenset(extended & policies), doubt if odd else ""


def lacks(subject: str, attributes: Iterable[str]) -> Outcome:
    """Attributes that the directory did not show, so that nobody can judge by them."""
    names = ", ".join(attributes)
    because = tr("the directory does not show {} of the template", names)
    return Unknown(subject, because, remedy=(_SHOW,))
