"""Whether the zone lets the public provider issue that is planned, or that has issued (CAA)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, TypeAlias

from assess.check import Missing, Outcome, Unknown, Warn, tr
from assess.evidence.certificates import Certificate
from assess.evidence.dns import Issuers, NoAnswer, Permissions, Permitted, Unrestricted
from checks.certificates import in_words

GatewayIssuers: TypeAlias = Annotated[Permissions | Missing, Issuers("{cmg.service_name}")]

_EXPECTED = "CAA records, if any, that let the public provider issue"
_KNOWN_TAGS = frozenset(
    {"issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone"}
)
# A word in the issuer's organisation, and under which domains the provider is named in CAA.
_PROVIDERS: Mapping[str, frozenset[str]] = {
    "digicert": frozenset(
        {"digicert.com", "geotrust.com", "rapidssl.com", "symantec.com", "thawte.com"}
    ),
    "quovadis": frozenset({"quovadisglobal.com", "digicert.com"}),
    "let's encrypt": frozenset({"letsencrypt.org"}),
    "sectigo": frozenset(
        {"sectigo.com", "comodo.com", "comodoca.com", "usertrust.com", "trust-provider.com"}
    ),
    "zerossl": frozenset({"sectigo.com", "zerossl.com"}),
    "entrust": frozenset({"entrust.net", "affirmtrust.com", "sectigo.com"}),
    "globalsign": frozenset({"globalsign.com"}),
    "godaddy": frozenset({"godaddy.com", "starfieldtech.com"}),
    "starfield": frozenset({"godaddy.com", "starfieldtech.com"}),
    "google trust": frozenset({"pki.goog"}),
    "amazon": frozenset({"amazon.com", "amazontrust.com", "amazonaws.com", "awstrust.com"}),
    "microsoft": frozenset({"microsoft.com"}),
    "ssl corp": frozenset({"ssl.com"}),
    "identrust": frozenset({"identrust.com"}),
    "actalis": frozenset({"actalis.it"}),
    "buypass": frozenset({"buypass.com", "buypass.no"}),
    "asseco": frozenset({"certum.pl", "certum.eu"}),
    "unizeto": frozenset({"certum.pl", "certum.eu"}),
    "swisssign": frozenset({"swisssign.com"}),
    "d-trust": frozenset({"d-trust.net", "d-trust.de", "dtrust.de"}),
    "telekom": frozenset({"telesec.de"}),
}  # fmt: skip


def permitted(
    subject: str | None, leaf: Certificate | None, found: Permissions | Missing
) -> Iterator[Outcome]:
    """What stands in the way of a public provider: of the one that issued ``leaf``, or of any."""
    if isinstance(found, Missing):
        if not (found.skipped or found.key):
            because = tr(
                "whether the zone lets the provider issue (CAA) is not known: {}", found.reason
            )
            yield Unknown(subject, because, remedy=(found.mend,) if found.mend else ())
        return
    for name, said in found.by_name.items():
        match said:
            case NoAnswer(why):
                because = tr("whether the zone of {} lets the provider issue (CAA): {}", name, why)
                yield Unknown(subject, because, about=_about(subject, name))
            case Permitted():
                yield from _restricted(subject, name, leaf, said)
            case Unrestricted():
                pass


def _about(subject: str | None, name: str) -> tuple[str, ...]:
    return (name,) if subject is None else (subject, name)


def _restricted(
    subject: str | None, name: str, leaf: Certificate | None, said: Permitted
) -> Iterator[Outcome]:
    unknown = [one.tag for one in said.records if one.critical and one.tag not in _KNOWN_TAGS]
    wildcard = leaf is not None and any(one.startswith("*.") for one in leaf.dns_names)
    may = said.authorities(wildcard=wildcard)
    own = frozenset[str]() if leaf is None else _named(leaf)
    if unknown:
        text = tr("{}: no provider issues that does not know {}", said.text, in_words(unknown))
    elif may is None:
        return
    elif not may:
        text = tr("{}: no provider may issue for {}", said.text, name)
    elif leaf is not None and own and not own & may:
        text = tr("{}: {}, which issued it, may not renew it", said.text, leaf.issuer_name)
    else:
        return
    step = tr(
        'At the DNS provider of {}: add a CAA record "issue" with the domain '
        "of the provider that is planned, or order from one that the records "
        "name.",
        said.owner,
    )
    yield Warn(subject, _EXPECTED, text, about=_about(subject, name), remedy=(step,))


def _named(leaf: Certificate) -> frozenset[str]:
    """The domains of the provider that issued it; none where it is not known."""
    said = " ".join(one.value for one in leaf.issuer if one.type in {"O", "CN"}).lower()
    return frozenset(d for word, names in _PROVIDERS.items() if word in said for d in names)
