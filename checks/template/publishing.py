"""Which authority issues from the templates."""

from typing import Annotated

from assess.check import Fail, Missing, Outcome, Outcomes, Pass, Unknown, check, tr, trn, worst
from assess.evidence.pki import (
    WEB,
    WORKSTATION,
    CertificateServices,
    ForestTemplates,
    KeyServices,
    PublicKeyServices,
    Template,
    Templates,
    reasons,
)
from checks.template.lookup import Issuer, Mode, absent, unneeded


@check("template.published")
def published(
    issuer: Issuer,
    mode: Mode,
    web: Annotated[Templates, WEB],
    clients: Annotated[Templates, WORKSTATION],
    services: Annotated[PublicKeyServices, CertificateServices()],
) -> Outcomes:
    """Pass when an authority of its forest lists the cn of each template."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        yield excused
        return
    for templates in (web, clients):
        gone = absent(templates)
        if gone is not None:
            yield gone
        else:
            found = templates.found()
            yield worst(_published(templates.name, f, one, services) for f, one in found)


def _published(
    subject: str, forest: ForestTemplates, one: Template, services: PublicKeyServices
) -> Outcome:
    expected = tr("{} among the templates to issue of a certification authority", one.cn)
    of_forest = [found for found in services.read() if found.section == forest.section]
    issuers = [a.label for f in of_forest for a in f.authorities if _lists(a.templates, one.cn)]
    if issuers:
        return Pass(subject, tr("{} is issued by {}", one.cn, ", ".join(issuers)), expected)
    gap = _gap(of_forest, services)
    if gap:
        return Unknown(subject, gap.reason, remedy=(gap.mend,) if gap.mend else ())
    names = ", ".join(a.label for f in of_forest for a in f.authorities)
    text = tr("{} is in no list; authorities of {}: {}", one.cn, forest.root, names)
    if not names:
        text = tr("{} is in no list; authorities of {}: none", one.cn, forest.root)
    return Fail(subject, expected, text)


def _lists(names: tuple[str, ...], cn: str) -> bool:
    return cn.lower() in {name.lower() for name in names}


def _gap(of_forest: list[KeyServices], services: PublicKeyServices) -> Missing | None:
    """Why an authority may be there that was not seen."""
    if not of_forest:
        mend = " ".join(one.mend for one in services.refused() if one.mend)
        return Missing(reasons(services.refused()) or "its authorities were not read", mend)
    hidden = sum(found.hidden for found in of_forest)
    if hidden:
        return Missing(
            trn(
                hidden,
                "{n} enrolment service is not shown to this account",
                "{n} enrolment services are not shown to this account",
            )
        )
    return None
