"""What the Company Portal shows of the company: name, privacy statement, look, contact."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import Annotated
from urllib.parse import urlsplit

from assess.check import (
    Attestation,
    Attested,
    Fail,
    Key,
    Manual,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    unavailable,
)
from assess.evidence.dns import AddressBook, Addresses, NoAnswer
from assess.evidence.graph import Domain, Domains
from assess.evidence.http import Answered, HttpAnswer
from assess.evidence.portal import (
    Brand,
    Branded,
    Colour,
    IntuneBrand,
    Picture,
    PrivacyAddress,
    PrivacyPage,
    privacy_address,
)

_PLACE = "Intune admin center > Tenant administration > Customization"
_DEFAULT_BLUE = (0, 114, 198)
_GOOD, _MOVED, _BAD = 200, 300, 400


def _brand(branded: Branded) -> Brand | None:
    """The brand; None where the property did not come at all. Null is a brand without anything."""
    brand = branded.intune_brand
    if brand is None:
        return Brand(*[None] * len(Brand.__struct_fields__))
    return brand if isinstance(brand, Brand) else None


def _text(value: object) -> str | None:
    """The text, empty for null; None where the property did not come."""
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else None


def _unsaid(name: str) -> Unknown:
    return Unknown(None, tr("Graph does not say {} of the customisation of Intune", name))


# -- name --


@check("subscription.company-name")
def company_name(
    branded: Annotated[Branded | Missing, IntuneBrand()],
    customer: Annotated[str | Missing, Key("engagement.customer")],
    organization: Annotated[dict[str, str] | Missing, Key("tenant.organization")],
    attested: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when the company name is entered, and is the one that was agreed."""
    agreed = _agreed(customer, organization)
    if isinstance(branded, Missing):
        told = _said(attested)
        if not told:
            return [unavailable(None, branded)]
        by = attested.by if isinstance(attested, Attested) and attested.by else "somebody unnamed"
        return [_named(told, tr("the company name is {}, says {}", told, by), agreed)]
    brand = _brand(branded)
    name = None if brand is None else _text(brand.display_name)
    if name is None:
        return [_unsaid("displayName")]
    if not name:
        observed = "no company name is entered"
        return [Fail(None, "the company name", observed)]
    return [
        _named(
            name,
            tr("the company name is {}", name),
            agreed or tuple(filter(None, [_said(attested)])),
        )
    ]


def _agreed(customer: str | Missing, organization: Mapping[str, str] | Missing) -> tuple[str, ...]:
    """The names that the engagement file knows the company by."""
    names = [] if isinstance(customer, Missing) else [customer]
    if not isinstance(organization, Missing):
        names += [value for key, value in organization.items() if key == "O"]
    return tuple(name.strip() for name in names if name.strip())


def _said(attested: Attested | Missing) -> str:
    if isinstance(attested, Missing) or not isinstance(attested.answer, str):
        return ""
    answer = attested.answer.strip()
    return "" if answer.lower() in {"yes", "no", "none"} else answer


def _named(name: str, observed: str, agreed: tuple[str, ...]) -> Outcome:
    expected = reduce(lambda some, one: tr("{} or {}", some, one), agreed) if agreed else ""
    if not agreed:
        question = tr("{}: is that the agreed name? Set engagement.customer.", observed)
        return Manual(None, question, observed)
    if name.casefold() in {one.casefold() for one in agreed}:
        return Pass(None, observed, expected)
    return Warn(None, expected, observed)


# -- privacy --


@check("subscription.privacy-url")
def privacy_url(
    branded: Annotated[Branded, IntuneBrand()],
    page: Annotated[HttpAnswer | Missing, PrivacyPage()],
    public: Annotated[AddressBook | Missing, PrivacyAddress(view="public")],
) -> Outcomes:
    """Pass when the privacy statement is linked with https and the internet can read it."""
    expected = "the https address of a privacy statement that the internet can read"
    brand = _brand(branded)
    if brand is None or _text(brand.privacy_url) is None:
        return [_unsaid("privacyUrl")]
    address = privacy_address(branded)
    if not address:
        return [Warn(None, expected, "no address of a privacy statement is entered")]
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.scheme not in {"http", "https"}:
        return [Fail(None, expected, tr("{} is no address of the web", address))]
    if parts.scheme == "http":
        return [Warn(None, expected, tr("{} is not protected by TLS", address))]
    return [
        replace(part, about=(host,))
        for part in (_resolved(address, host, public, expected), _answered(address, page, expected))
    ]


def _resolved(address: str, host: str, public: AddressBook | Missing, expected: str) -> Outcome:
    if isinstance(public, Missing):
        because = tr("whether the internet finds {} is not known: {}", host, public.reason)
        return Unknown(None, because, remedy=(public.mend,) if public.mend else ())
    found = public.by_name.get(host, NoAnswer("not asked"))
    match found:
        case Addresses():
            return Pass(None, tr("{} has public addresses", host), expected)
        case NoAnswer():
            return Unknown(
                None, tr("whether the internet finds {} is not known: {}", host, found.text)
            )
        case _:
            return Fail(
                None,
                expected,
                tr("{}: the internet does not find {}: {}", address, host, found.text),
            )


def _answered(address: str, page: HttpAnswer | Missing, expected: str) -> Outcome:
    # Graph itself answered in this run, so that the way out to the internet is there.
    match page:
        case Missing():
            return unavailable(None, page)
        case Answered(status) if status == _GOOD:
            return Pass(None, tr("{} answers with 200", address), expected)
        case Answered(status) if _MOVED <= status < _BAD:
            because = tr("{} redirects ({}); the redirect was not followed", address, status)
            step = tr(
                "Open {} from outside the company, and enter the address it ends at.", address
            )
            return Unknown(None, because, remedy=(step,))
        case Answered(status) if status >= _BAD:
            return Fail(
                None, expected, tr("{} answers with {} {}", address, status, page.reason).strip()
            )
        case Answered(status):
            return Unknown(None, tr("{} answers with {}, which is no page", address, status))
        case _:
            return Fail(None, expected, tr("{} cannot be read: {}", address, page.why))


# -- look --


@check("subscription.portal-look")
def portal_look(
    branded: Annotated[Branded, IntuneBrand()],
    attested: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when a colour of the company's own and a logo are shown, or the default is wanted."""
    expected = "a colour of the company's own, and a logo that is shown; or the default is wanted"
    brand = _brand(branded)
    if brand is None:
        return [_unsaid("intuneBrand")]
    parts = list(_look(brand, expected))
    if isinstance(attested, Attested) and attested.yes:
        by = attested.by or "somebody unnamed"
        return [
            Pass(None, tr("{}, which is wanted, says {}", part.observed, by), expected)
            if isinstance(part, Warn)
            else part
            for part in parts
        ]
    return parts


def _look(brand: Brand, expected: str) -> Iterator[Outcome]:
    colour = brand.theme_color
    if isinstance(colour, Colour):
        rgb = (colour.r, colour.g, colour.b)
        if rgb == _DEFAULT_BLUE:
            yield Warn(None, expected, "the colour is the default blue")
        elif all(isinstance(part, int) for part in rgb):
            yield Pass(None, tr("the colour is {}, {}, {}", rgb[0], rgb[1], rgb[2]), expected)
        else:
            yield _unsaid("themeColor")
    elif colour is None:
        yield Warn(None, expected, "the colour is the default one")
    else:
        yield _unsaid("themeColor")
    logos = (brand.light_background_logo, brand.dark_background_logo)
    if brand.show_logo is True:
        if any(isinstance(logo, Picture) for logo in logos):
            yield Pass(None, "a logo is shown", expected)
        elif all(logo is None for logo in logos):
            yield Warn(None, expected, "a logo is to be shown, and none is there")
        else:
            yield _unsaid("lightBackgroundLogo and darkBackgroundLogo")
    elif brand.show_logo is False or brand.show_logo is None:
        yield Warn(None, expected, "no logo is shown")
    else:
        yield _unsaid("showLogo")


# -- contact --


@check("subscription.contact-information")
def contact_information(
    branded: Annotated[Branded, IntuneBrand()],
    domains: Annotated[tuple[Domain, ...] | Missing, Domains()],
) -> Outcomes:
    """Pass when users see a name and a way to reach it, at a domain of the company."""
    expected = "a name, and a telephone number, an e-mail address or a support site"
    brand = _brand(branded)
    if brand is None:
        return [_unsaid("intuneBrand")]
    fields = {
        "contactITName": _text(brand.contact_name),
        "contactITPhoneNumber": _text(brand.contact_phone),
        "contactITEmailAddress": _text(brand.contact_mail),
        "onlineSupportSiteUrl": _text(brand.online_support_site_url),
    }
    absent = [name for name, value in fields.items() if value is None]
    if absent:
        return [_unsaid(", ".join(absent))]
    filled = {name: value for name, value in fields.items() if value}
    said = ", ".join(f"{name} {value}" for name, value in filled.items())
    if not filled:
        return [Fail(None, expected, "all fields of the contact are empty")]
    mail = filled.get("contactITEmailAddress") or ""
    parts: list[Outcome] = [_mail(mail, domains)] if mail else []
    if "contactITName" in filled and len(filled) > 1:
        return [Pass(None, said, expected), *parts]
    step = tr("{} > Support information: enter what is missing beside {}.", _PLACE, said)
    return [Warn(None, expected, tr("only {}", said), remedy=(step,)), *parts]


def _mail(mail: str, domains: tuple[Domain, ...] | Missing) -> Outcome:
    expected = "an e-mail address at a verified domain of the tenant"
    if isinstance(domains, Missing):
        because = tr(
            "whether the domain of {} is the company's is not known: {}", mail, domains.reason
        )
        return Unknown(None, because, remedy=(domains.mend,) if domains.mend else ())
    domain = mail.rpartition("@")[2].lower()
    if domain in {one.id.lower() for one in domains if one.is_verified}:
        return Pass(None, tr("{} is at a verified domain", mail), expected)
    return Warn(None, expected, tr("{} is not at a verified domain of the tenant", mail))
