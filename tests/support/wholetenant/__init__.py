"""A tenant with something of everything that the checks look at, asked in this process and judged.

The stand-in's answers go to the connectors without a socket in between, so that hundreds of variants of
them can be tried. ``healthy`` is as it should be; ``troubled`` is the same tenant with everything wrong.
"""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch
from urllib.parse import urlsplit

from assess.collect import collect, questions
from assess.connectors import Visit
from assess.connectors.arm import ArmConnector
from assess.connectors.graph import GraphConnector
from assess.connectors.http import Client
from assess.connectors.http_replies import Reply
from assess.connectors.tokens import TokenSource
from assess.discover import library
from assess.engagement import Engagement, engagement_from
from assess.evaluate import judge
from assess.evidence import Ask
from assess.evidence.arm import ArmAsk
from assess.evidence.graph import GraphAsk
from assess.model import Outcome
from assess.permissions import SignIn, rights
from assess.recording import Recording
from cloud import Cloud, Tenant
from cloud.azure import RoleAssignment, Subscription
from cloud.sample import ADA, DESKTOP, SUBSCRIPTION, TENANT
from cloud.server import Server
from cloud.wire import Request

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
HERE = Path(__file__).parent
ROOTS = {"graph": "https://graph.microsoft.com", "arm": "https://management.azure.com"}
LIBRARY = library()
CHECKS = [c for c in LIBRARY.checks.values() if any(isinstance(a, GraphAsk | ArmAsk) for a in questions([c]))]
ASKS: list[Ask] = questions(CHECKS)  # those to other sources stay without an answer
PERMISSIONS = frozenset(right.name for right in rights(CHECKS, SignIn.DELEGATED) if right.source == "graph")
Json = Any
Change = Callable[[Json, str], Json]


def healthy() -> dict[str, Json]:
    return cast(dict[str, Json], json.loads((HERE / "graph.json").read_text(encoding="utf-8")))


@dataclass
class Wire:
    """Stands where the client over HTTPS is: what the stand-in answers, changed on its way."""

    server: Server
    token: str
    root: str
    change: Change | None = None
    asked: list[str] = field(default_factory=list)
    answered: list[Json] = field(default_factory=list)

    def ask(
        self, url: str, *, visit: Visit | None = None, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None, auth: object = None
    ) -> Reply:
        address = urlsplit(url)
        target = address.path + (f"?{address.query}" if address.query else "")
        named = {"accept": "application/json", **{n.lower(): v for n, v in (headers or {}).items()}, "authorization": f"Bearer {self.token}"}
        answer = self.server.answer(Request(method, target, named, body or b"", self.root))
        if visit is not None:
            visit.requests += 1
        batch = target.endswith("/$batch")
        version = target.removesuffix("/$batch")
        self.asked += [version + part["url"] for part in json.loads(body or b"{}").get("requests", ())] if batch else [target]
        return Reply(url, answer.status, {n.lower(): v for n, v in answer.headers.items()}, self._changed(answer.body, target, batch=batch))

    def _changed(self, body: bytes, target: str, *, batch: bool) -> bytes:
        if not body.startswith(b"{"):
            return body
        said = json.loads(body)
        self.answered.append(said)
        if self.change is None or "error" in said:
            return body
        if batch:
            for part in said["responses"]:
                if part["status"] == 200 and isinstance(part["body"], dict):
                    part["body"] = self.change(part["body"], target)
        else:
            said = self.change(said, target)
        return json.dumps(said).encode()

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class _Tokens:
    value: str
    app_only: bool = False

    def token(self, *_: object, **__: object) -> str:
        return self.value

    def ask(self, _: str, send: Callable[[Any], Reply]) -> Reply:
        return send(None)

    def claims(self, _: object) -> None:
        return None


@dataclass
class Assessed:
    """Outcomes by requirement and subject, refusals by question, and what went over the wire."""

    outcomes: dict[str, Outcome]
    refusals: dict[str, str]
    asked: list[str]
    answered: list[Json]

    @property
    def statuses(self) -> dict[str, str]:
        return {name: type(outcome).__name__ for name, outcome in self.outcomes.items()}

    @property
    def crashes(self) -> list[str]:
        said = [getattr(one, "because", "") for one in self.outcomes.values()]
        return [s for s in (*said, *self.refusals.values()) if " itself failed: " in s or " failed: " in s]


class WholeTenant:
    """The tenant and its subscription, to be assessed again and again."""

    def __init__(self, data: dict[str, Json] | None = None, *, without: str = "") -> None:
        held = PERMISSIONS - {without}
        screen = replace(DESKTOP, delegated=held)
        tenant = Tenant(TENANT, domains=("contoso.com",), apps=(screen,), graph=data or healthy())
        roles = (RoleAssignment(ADA.object_id, "Owner", "User"), RoleAssignment(ADA.object_id, "Reader", "User"))
        self.world = Cloud(tenant, subscriptions=[Subscription(SUBSCRIPTION, TENANT, assignments=roles)], people=[ADA])
        self._tokens = {kind: self.world.token_of(ADA, screen, kind) for kind in ROOTS}

    def assessed(self, folder: Path, change: Change | None = None, workers: int = 1) -> Assessed:
        wires = {
            kind: Wire(server, self._tokens[kind], ROOTS[kind], change)
            for kind, server in (("graph", self.world.graph), ("arm", self.world.arm))
        }
        with Recording(engagement(folder), as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
            with patch("assess.collect._WORKERS", workers):
                collect(ASKS, self._connectors(wires), recording, clock=lambda: NOW)
            found = {
                f"{check.requirement}[{outcome.subject}]@{scenario}": outcome
                for check in CHECKS
                for scenario in LIBRARY.catalogue.requirements[check.requirement].scenarios
                for outcome in judge(LIBRARY.catalogue.requirements[check.requirement], check, recording, scenario).outcomes
            }
            own = {"graph", "azure-arm"}
            refusals = {key: r.refusal.reason for key, r in recording.records.items() if r.refusal and r.source in own}
        every = wires.values()
        return Assessed(found, refusals, [a for w in every for a in w.asked], [a for w in every for a in w.answered])

    def _connectors(self, wires: Mapping[str, Wire]) -> list[Any]:
        def signed_in(kind: str) -> Callable[[], TokenSource]:
            return lambda: cast(TokenSource, _Tokens(self._tokens[kind]))

        graph, arm = (cast(Client, wires[kind]) for kind in ("graph", "arm"))
        return [
            GraphConnector(root=ROOTS["graph"], resource=ROOTS["graph"], client=graph, tokens=signed_in("graph"), sleep=lambda _: None),
            ArmConnector(root=ROOTS["arm"], resource=ROOTS["arm"], client=arm, tokens=signed_in("arm")),
        ]


def engagement(folder: Path) -> Engagement:
    values = json.loads((HERE / "engagement.json").read_text(encoding="utf-8"))
    return engagement_from(values, file="contoso.toml", folder=folder)


def properties(answers: list[Json]) -> dict[str, list[Json]]:
    """Every property of the answers, with the values that it has."""
    found: dict[str, list[Json]] = {}
    for name, value in _walk(answers):
        found.setdefault(name, []).append(value)
    envelope = {"@odata.context", "@odata.nextLink", "@odata.count", "responses", "headers", "status", "body", "value"}
    return {name: values for name, values in sorted(found.items()) if name not in envelope}


def _walk(value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)


DROPPED = object()


def everywhere(put: Mapping[str, Json]) -> Change:
    """The change of properties wherever they come, by name; ``DROPPED`` takes one away."""

    def changed(value: Json) -> Json:
        if isinstance(value, dict):
            new = {n: put[n] if n in put else changed(v) for n, v in value.items()}
            return {n: v for n, v in new.items() if v is not DROPPED}
        return [changed(one) for one in value] if isinstance(value, list) else value

    return lambda said, _: changed(said)


def troubled() -> dict[str, Json]:
    """Everything that can be wrong is wrong: nothing here may pass because something is left out."""
    data = copy.deepcopy(healthy())
    ages_ago, ended = "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
    _set(data["/organization"], onPremisesLastSyncDateTime="2026-11-18T20:55:00Z", onPremisesLastPasswordSyncDateTime=ages_ago, mobileDeviceManagementAuthority="office365")
    _set(data["/domains"], isVerified=False)
    _set(data["/subscribedSkus"], capabilityStatus="Suspended", consumedUnits=25)
    _set(data["/directory/subscriptions"], isTrial=True)
    _set([data["/deviceManagement"]], subscriptionState="disabled")
    _set([data["/deviceManagement"]["intuneBrand"]], displayName="Other", showLogo=False, contactITEmailAddress="help@other.com", themeColor=None)
    for rows in data.values():
        for row in rows if isinstance(rows, list) else ():
            for one in row.get("assignments", ()):
                one["target"] = {"@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": "aaaaaaaa-0000-4000-8000-000000000001"}
                _set([one], intent="uninstall")
    wrong = "https://portal.example/"
    _set(data["/policies/mobileDeviceManagementPolicies"], appliesTo="none", isValid=False, discoveryUrl=wrong, termsOfUseUrl=wrong, complianceUrl=wrong)
    _set(data["/policies/mobileAppManagementPolicies"], appliesTo="all")
    for row in data["/deviceManagement/deviceEnrollmentConfigurations"]:
        for name in row:
            if name.endswith("Restriction"):
                row[name] = {"platformBlocked": "Mobile" not in name, "personalDeviceEnrollmentBlocked": False}
    _set(
        data["/deviceManagement/managedDevices"], managementAgent="mdm", lastSyncDateTime=ages_ago, enrolledDateTime="2020-01-01T00:00:00Z",
        deviceRegistrationState="revoked", azureADRegistered=False, complianceState="noncompliant",
    )  # fmt: skip
    _set(data["/devices"], operatingSystemVersion="10.0.10240.1", isManaged=False, mdmAppId=None, trustType="Workplace")
    _set(data["/identity/conditionalAccess/policies"], state="disabled")
    _set(data["/users"], accountEnabled=False)
    for app in data["/applications"]:
        app["passwordCredentials"] = [{"displayName": "s", "endDateTime": ended}]
        app["identifierUris"] = ["https://ConfigMgrService"] if app["identifierUris"] else []
        app["web"]["homePageUrl"], app["publicClient"]["redirectUris"] = None, []
    _set(data["/servicePrincipals"], appRoleAssignments=[])
    _set(data["/oauth2PermissionGrants"], consentType="Principal")
    _set(data["/deviceManagement/deviceConfigurations"], passwordRequired=False, bitLockerEncryptDevice=False)
    _set(data["/deviceManagement/deviceCompliancePolicies"], passwordRequired=False, bitLockerEnabled=False)
    _set(data["/deviceManagement/ndesConnectors"], state="inactive")
    _set(data["/deviceManagement/deviceConfigurationConflictSummary"], deviceCheckinsImpacted=7)
    _set([data["/deviceManagement/applePushNotificationCertificate"]], expirationDateTime=ended, appleIdentifier="someone@private.example")
    for token in data["/deviceManagement/depOnboardingSettings"]:
        _set([token], tokenExpirationDateTime=ended, lastSyncErrorCode=3, lastSuccessfulSyncDateTime=ages_ago)
        _set(
            token.get("enrollmentProfiles", []), requiresUserAuthentication=False, supervisedModeEnabled=False, profileRemovalDisabled=False, description="",
            supportDepartment="", supportPhoneNumber="", isDefault=False, iTunesPairingMode="allow", passCodeDisabled=True, locationDisabled=False,
        )  # fmt: skip
        _set(token.get("importedAppleDeviceIdentities", []), isSupervised=False, enrollmentState="failed", requestedEnrollmentProfileId=None)
    _set(data["/deviceAppManagement/vppTokens"], state="expired")
    _set(data["/deviceAppManagement/mobileApps"], publishingState="notPublished", description="x", publisher="y", isAssigned=False)
    data["/directoryRoles"][0]["members"] = []
    return data


def _set(rows: list[dict[str, Json]], **values: Json) -> None:
    """The values, in the rows that have these properties."""
    for row in rows:
        row.update({name: value for name, value in values.items() if name in row})
