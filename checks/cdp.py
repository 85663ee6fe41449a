"""The traditional cloud distribution point (historical): its name."""

from typing import Annotated

from assess.check import Fail, Key, Missing, Outcomes, Pass, Unknown, check, tr, unavailable
from assess.evidence.adminservice import AzureService, AzureServices, Seen
from assess.evidence.dns import AddressBook, Addresses, ClassicAddress


@check("cdp.name-availability")
def name_availability(
    service: Annotated[str, Key("cdp.service_name")],
    book: Annotated[AddressBook | Missing, ClassicAddress("{cdp.service_name}")],
    services: Annotated[Seen[AzureService] | Missing, AzureServices()],
) -> Outcomes:
    """Pass for the site's own service only: that a classic name is free, nobody says any more."""
    label = service.lower().partition(".")[0]
    rows = () if isinstance(services, Missing) else services.rows
    own = [one for one in rows if one.is_distribution_point]
    if any(one.known_as(label) or one.known_as(service) for one in own):
        return [Pass(None, tr("{} is the name of the site's own cloud distribution point", label))]
    if isinstance(book, Missing):
        return [unavailable(None, book)]
    name, found = next(iter(book.by_name.items()))
    if not isinstance(found, Addresses):
        because = tr("{}: {}, which does not prove that the name is free", name, found.text)
        return [Unknown(None, because, about=(name,))]
    if isinstance(services, Missing) or not services.sees.complete:
        because = tr(
            "{} has the {}; the site could not be asked whether that is its own service",
            name,
            found.text,
        )
        mend = services.mend if isinstance(services, Missing) else ""
        return [Unknown(None, because, about=(name,), remedy=(mend,) if mend else ())]
    expected = tr("{} is free, or the name of the site's own distribution point", name)
    return [
        Fail(
            None,
            expected,
            tr("{} has the {}, and the site has no such service", name, found.text),
            about=(name,),
            remedy=(
                tr("Give up {}, and let the gateway serve content (cmg.content_enabled).", name),
            ),
        )
    ]
