"""What the collector wrote on the site server, as a second way to what the AdminService knows.

``site.json`` of an export lists the provider classes that were read, and how that went; the
instances of a class lie in ``classes/<class>.ndjson``, one a line. A class that is not listed, was
not read whole, or only in part, is no answer: never an empty list.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from assess.connectors import Visit
from assess.connectors.adminservice import ProviderReader
from assess.connectors.conditions import Alternative, alternatives, meets
from assess.connectors.export_package import Package, decoded, lines
from assess.connectors.provider_classes import allowed
from assess.connectors.provider_rows import NoClass, Row
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence.adminservice import MayBeTrimmed, SeesEverything, Visibility, text
from assess.evidence.site_roles import Administrator
from assess.language import msg, tr, trn

KEY, SITE, VERSION = "files.site_export", "site.json", 1
FORMAT = "assess site export: provider classes"
AGAIN = "Run the collector of `assess collector` again on the site server, and send all of it."
_LARGEST = 64 << 20
_PAGE = 1000
_MOST_ROWS = 5_000_000
_SEEING = {"full administrator", "read-only analyst"}


class Only(msgspec.Struct, frozen=True):
    """A class that was read in part: the instances with one of these values of a property."""

    property: str
    values: tuple[str, ...]


class ReadClass(msgspec.Struct, frozen=True, rename={"name": "class"}):
    """How the reading of a class went.

    ``state``: ``complete``, ``absent`` (the site has no such class) or ``failed``. ``properties``
    were read; the site knows no ``absent_properties``.
    """

    name: str
    state: str
    reason: str = ""
    properties: tuple[str, ...] = ()
    absent_properties: tuple[str, ...] = ()
    file: str = ""
    rows: int = 0
    only: Only | None = None


class Account(msgspec.Struct, frozen=True):
    r"""Who ran the collector, as ``DOMAIN\\name``, and the groups of their token."""

    name: str = ""
    groups: tuple[str, ...] = ()


class SiteFile(msgspec.Struct, frozen=True):
    """What ``site.json`` says."""

    format: str
    version: int
    site_code: str
    provider: str
    collected_at: str
    account: Account
    classes: tuple[ReadClass, ...]


def connect(engagement: Engagement) -> "SiteExport":
    """The export that ``files.site_export`` names."""
    return SiteExport(engagement.path(KEY) or Path(), role=engagement.get("site.auth.role", ""))


class ExportRows:
    """Instances of provider classes out of an export; safe for many threads."""

    def __init__(self, path: Path) -> None:
        self._package = Package(path)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Give the archive back."""
        self._package.close()

    def where(self, name: str) -> str:
        """The export and the class."""
        return tr("{} in {} ({})", name, self._package.name, KEY)

    @property
    def site(self) -> SiteFile:
        """What the export says of itself; raises Unavailable."""
        with self._lock:
            return self._site

    @cached_property
    def _site(self) -> SiteFile:
        try:
            document = decoded(self._package.read(SITE, _LARGEST), SITE)
        except OSError as error:
            raise self._unusable(error) from None
        said = document if isinstance(document, dict) else {}
        if said.get("format") != FORMAT or said.get("version") != VERSION:
            raise Unavailable(
                tr(
                    "{} in {} ({}) is of the version {}, and this version reads {}",
                    SITE,
                    self._package.name,
                    KEY,
                    repr(said.get("version")),
                    VERSION,
                ),
                AGAIN,
            )
        try:
            return msgspec.convert(document, SiteFile)
        except msgspec.ValidationError as error:
            raise Unavailable(
                tr("{} in {} ({}) cannot be read: {}", SITE, self._package.name, KEY, error), AGAIN
            ) from None

    def pages(
        self,
        name: str,
        row: type[Row],
        visit: Visit,
        *,
        where: str = "",
        hurry: bool = False,  # noqa: ARG002 - a file is quick
    ) -> Iterator[list[Row]]:
        """Every instance that meets the condition; raises Unavailable rather than end early."""
        select = allowed(name, row)
        listed = self._listed(name)
        conditions = alternatives(where)
        self._has(listed, [*select, *(prop for one in conditions for prop in one)])
        self._covers(listed, conditions)
        page: list[Row] = []
        for found in self._rows(listed, row, conditions):
            page.append(found)
            if len(page) == _PAGE:
                yield page
                page = []
                visit.progress(0)
        yield page

    def one(self, name: str, key: str | int, row: type[Row], visit: Visit) -> Row:  # noqa: ARG002 - as any
        """One instance by its key; a lazy property that was not read for it is no answer."""
        select = allowed(name, row)
        listed = self._listed(name)
        self._has(listed, select)
        by = next(
            field.encode_name
            for field in msgspec.structs.fields(row)
            if field.encode_name in KEYS.get(name, ())
        )
        for raw in self._raw(listed):
            if str(raw.get(by, "")).lower() == str(key).lower():
                lacking = [one for one in select if one not in raw]
                if lacking:
                    raise Unavailable(
                        tr(
                            "{} of {} {} was not collected: {} ({})",
                            ", ".join(lacking),
                            name,
                            key,
                            self._package.name,
                            KEY,
                        ),
                        tr("Run the collector again with -CollectionId {}.", key)
                        if name == "SMS_Collection"
                        else AGAIN,
                    )
                return self._typed(name, raw, row)
        raise Unavailable(tr("{}: {} is not among its instances", self.where(name), key), AGAIN)

    # -- what the export says of a class ---------------------------------------------------------

    def _listed(self, name: str) -> ReadClass:
        listed = next((one for one in self.site.classes if one.name == name), None)
        if listed is None:
            raise Unavailable(
                tr("{} ({}) does not hold the class {}", self._package.name, KEY, name),
                tr("It is of another version than this tool. {}", AGAIN),
            )
        if listed.state == "absent":
            raise NoClass(
                tr("the site has no class {}: {} ({})", name, self._package.name, KEY),
                "The class came with a later version of Configuration Manager, or has gone.",
            )
        if listed.state != "complete":
            why = listed.reason or tr("its state is {}", repr(listed.state))
            raise Unavailable(
                tr("the collector could not read {} ({}): {}", name, self._package.name, why), AGAIN
            )
        return listed

    def _has(self, listed: ReadClass, properties: Sequence[str]) -> None:
        lacking = sorted(set(properties) - set(listed.properties))
        if lacking:
            unknown = set(lacking) <= set(listed.absent_properties)
            names = ", ".join(lacking), listed.name, self._package.name, KEY
            raise Unavailable(
                tr("the site does not know the property {} of {}: {} ({})", *names)
                if unknown
                else tr("the collector did not read the property {} of {}: {} ({})", *names),
                "Report this with the version of the site." if unknown else AGAIN,
            )

    def _covers(self, listed: ReadClass, conditions: Sequence[Alternative]) -> None:
        """A class that was read in part answers only for that part."""
        if listed.only is None:
            return
        read = {value.lower() for value in listed.only.values}
        asked = {one.get(listed.only.property, "").lower() for one in conditions}
        beyond = sorted(asked - read) if conditions else [msg("all of them")]
        if beyond:
            shown = ", ".join(one.upper() or tr("all of them") for one in beyond)
            raise Unavailable(
                tr(
                    "{} ({}) holds {} only for {} {}, not for {}",
                    self._package.name,
                    KEY,
                    listed.name,
                    listed.only.property,
                    ", ".join(listed.only.values) or "(none)",
                    shown,
                ),
                tr(
                    "Run the collector again with -CollectionId {}.",
                    ",".join(o.upper() for o in beyond),
                )
                if listed.only.property == "CollectionID" and "" not in beyond
                else AGAIN,
            )

    # -- its instances ---------------------------------------------------------------------------

    def _rows(
        self, listed: ReadClass, row: type[Row], conditions: Sequence[Alternative]
    ) -> Iterator[Row]:
        if conditions:
            for raw in self._raw(listed):
                if meets(raw, conditions):
                    yield self._typed(listed.name, raw, row)
            return
        decode = msgspec.json.Decoder(row).decode
        for line in self._lines(listed):
            try:
                yield decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise self._strange(listed.name, error) from None

    def _raw(self, listed: ReadClass) -> Iterator[Mapping[str, Any]]:
        decode = msgspec.json.Decoder(dict[str, Any]).decode
        for line in self._lines(listed):
            try:
                yield decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise self._strange(listed.name, error) from None

    def _lines(self, listed: ReadClass) -> Iterator[bytes]:
        read = 0
        try:
            with self._package.open(listed.file) as file:
                for line in lines(file, listed.file):
                    read += 1
                    if read > min(listed.rows, _MOST_ROWS):
                        break
                    yield line
        except OSError as error:
            raise self._unusable(error) from None
        if read != listed.rows:
            raise Unavailable(
                trn(
                    listed.rows,
                    "{} in {} ({}) does not hold the {n} instance that {} says",
                    "{} in {} ({}) does not hold the {n} instances that {} says",
                    listed.file,
                    self._package.name,
                    KEY,
                    SITE,
                ),
                AGAIN,
            )

    def _typed(self, name: str, raw: Mapping[str, Any], row: type[Row]) -> Row:
        try:
            return msgspec.convert(raw, row)
        except msgspec.ValidationError as error:
            raise self._strange(name, error) from None

    def _strange(self, name: str, error: Exception) -> Unavailable:
        return Unavailable(
            tr("{} holds an instance that cannot be read: {}", self.where(name), error),
            "Report this with the version of the site.",
        )

    def _unusable(self, error: OSError) -> Unavailable:
        why = error.strerror or msg("it cannot be read")
        return Unavailable(tr("{} ({}): {}", self._package.name, KEY, why), AGAIN)


# The properties by which an instance of a class is found again.
KEYS: Mapping[str, tuple[str, ...]] = {
    "SMS_Collection": ("CollectionID",),
    "SMS_ClientSettings": ("SettingsID",),
}


class SiteExport(ProviderReader):
    """The export at ``path``. ``role``: what the account that collected is said to have."""

    def __init__(self, path: Path, *, role: str = "") -> None:
        self._export = ExportRows(path)
        super().__init__(self._export, role=role)
        self._account_lock = threading.Lock()
        self._roles: str | None = None

    def probe(self, visit: Visit) -> str:
        """The export can be read, and shows a site; raises Unavailable."""
        site = self._export.site
        seen = super().probe(visit)
        return tr("the export of {} by {} {}", site.collected_at[:10], site.account.name, seen)

    def _rights(self, visit: Visit) -> Visibility:
        """As said, else as the site itself shows the account that collected."""
        sees = super()._rights(visit)
        if not isinstance(sees, MayBeTrimmed):
            return sees
        with self._account_lock:
            if self._roles is None:
                self._roles = self._whole_role(visit)
        if not self._roles:
            return sees
        return SeesEverything(tr("the site shows {} on all scopes and collections", self._roles))

    def _whole_role(self, visit: Visit) -> str:
        """Account and role that see everything; "" where the site does not show any."""
        account = self._export.site.account
        names = {one.lower() for one in (account.name, *account.groups)}
        try:
            pages = self._export.pages("SMS_Admin", Administrator, visit)
            rows = [row for page in pages for row in page]
        except Unavailable:
            return ""
        for row in rows:
            scopes = row.category_names if isinstance(row.category_names, tuple) else ()
            limits = row.collection_names if isinstance(row.collection_names, tuple) else None
            roles = row.role_names if isinstance(row.role_names, tuple) else ()
            whole = [one for one in roles if one.lower() in _SEEING]
            if (
                text(row.logon_name).lower() in names
                and len(roles) == len(whole) > 0
                and {one.lower() for one in scopes} == {"all"}
                and limits is not None
                and {one.lower() for one in limits} >= _EVERYTHING
            ):
                return tr("{} as {}", account.name, whole[0])
        return ""


_EVERYTHING = {"all systems", "all users and user groups"}
