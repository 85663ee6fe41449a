"""Invented customers for the stand-ins of `assess demo`: people once, in directory, tenant and site.

    customer = Customer("corp.contoso.com", "CORP", people, ...)
    customer.ldif(); customer.graph(); customer.adminservice()

Nothing here is random: the same people give the same files.
"""

import base64
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

DISABLED, NORMAL = 0x2, 0x200
EMS_PLANS = (
    ("INTUNE_A", "c1ec4a95-1f05-45b3-a911-aa3fa01094f5"),
    ("AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d"),
    ("MFA_PREMIUM", "8a256a2b-b617-496d-b51b-e76466e88db0"),
)
EMS_SKU = "efccb6f7-5641-4e0e-bd10-b4976e1bf68e"


@dataclass(frozen=True)
class Person:
    """Somebody, as the directory has them. ``tenant_upn`` where the tenant calls them otherwise."""

    name: str
    account: str
    upn: str | None
    mail: str = ""
    enabled: bool = True
    synced: bool = True
    tenant_upn: str = ""
    licensed: bool = True
    enrols: bool = False
    service: str = ""
    description: str = ""
    rid: int = 0
    critical: bool = False
    groups: tuple[str, ...] = ()


Record = list[tuple[str, str | bytes]]


@dataclass(frozen=True)
class Customer:
    """A forest of one domain, a tenant and a site. ``suffixes``: UPN suffixes that were added."""

    forest: str
    netbios: str
    people: tuple[Person, ...]
    suffixes: tuple[str, ...]
    server: str
    tenant_id: str
    tenant_name: str
    initial: str
    domains: tuple[dict[str, Any], ...]
    sku: dict[str, Any]
    last_sync: str
    last_password_sync: str
    site_code: str
    collection: str
    collection_name: str
    site_server: str
    authority: str = "intune"
    registered: bool = True
    deleted: tuple[str, ...] = ()
    cloud_only: tuple[Person, ...] = ()
    conflicts: tuple[str, ...] = ()
    groups: int = 0
    devices: dict[str, int] = field(default_factory=dict)
    gateways: tuple[dict[str, Any], ...] = ()
    refused_classes: tuple[str, ...] = ()

    @property
    def dn(self) -> str:
        return ",".join(f"DC={label}" for label in self.forest.split("."))

    def guid(self, name: str) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{self.forest}")

    def anchor(self, person: Person) -> str:
        return base64.b64encode(self.guid(person.account).bytes_le).decode()

    def sid(self, rid: int) -> bytes:
        """The SID of an object of the domain, by its last number; 0: of the domain itself."""
        domain = self.guid("domain").int
        parts = [21, *((domain >> shift) & 0x7FFFFFFF for shift in (0, 32, 64)), *([rid] if rid else [])]
        return bytes((1, len(parts), 0, 0, 0, 0, 0, 5)) + b"".join(p.to_bytes(4, "little") for p in parts)

    # -- directory --

    def ldif(self, more: Sequence[Record] = ()) -> str:
        """The directory: rootDSE, configuration, people, and what else is given."""
        dn, configuration = self.dn, f"CN=Configuration,{self.dn}"
        records: list[Record] = [
            [
                ("dn", ""),
                ("dnsHostName", self.server),
                *(("namingContexts", name) for name in (dn, configuration, f"CN=Schema,{configuration}")),
                ("defaultNamingContext", dn),
                ("rootDomainNamingContext", dn),
                ("configurationNamingContext", configuration),
            ],
            [("dn", dn), ("objectClass", "domainDNS"), ("objectSid", self.sid(0))],
            [("dn", configuration), ("objectClass", "configuration")],
            [
                ("dn", f"CN=Partitions,{configuration}"),
                ("objectClass", "crossRefContainer"),
                *(("uPNSuffixes", suffix) for suffix in self.suffixes),
            ],
            self._partition("Enterprise Configuration", configuration, 1),
            self._partition("Enterprise Schema", f"CN=Schema,{configuration}", 1),
            self._partition(self.netbios, dn, 3),
            self._partition("DomainDnsZones", f"DC=DomainDnsZones,{dn}", 5),
            [("dn", f"CN=Services,{configuration}"), ("objectClass", "container"), ("cn", "Services")],
        ]
        if self.registered:
            device = f"CN=Device Registration Configuration,CN=Services,{configuration}"
            records += [
                [("dn", device), ("objectClass", "container")],
                [
                    ("dn", f"CN=62a0ff2e-97b9-4513-943f-0d221bd30080,{device}"),
                    ("objectClass", "serviceConnectionPoint"),
                    ("keywords", f"azureADName:{self.domains[0]['id']}"),
                    ("keywords", f"azureADId:{self.tenant_id}"),
                ],
            ]
        records += [self._account(number, person) for number, person in enumerate(self.people)]
        records += more
        return "\n\n".join("\n".join(_line(*pair) for pair in record) for record in records) + "\n"

    def _partition(self, name: str, dn: str, flags: int) -> Record:
        return [
            ("dn", f"CN={name},CN=Partitions,CN=Configuration,{self.dn}"),
            ("objectClass", "crossRef"),
            ("nCName", dn),
            ("dnsRoot", self.forest),
            ("nETBIOSName", name),
            ("systemFlags", str(flags)),
        ]

    def _account(self, number: int, person: Person) -> Record:
        place = "CN=Users" if person.rid or person.critical or person.description else "OU=Staff"
        name = person.name.replace(",", "\\,")
        record: Record = [("dn", f"CN={name},{place},{self.dn}")]
        record += [("objectClass", name) for name in ("top", "person", "organizationalPerson", "user")]
        record += [
            ("objectCategory", f"CN=Person,CN=Schema,CN=Configuration,{self.dn}"),
            ("cn", person.name),
            ("sAMAccountName", person.account),
        ]
        if person.upn is not None:
            record.append(("userPrincipalName", person.upn))
        if person.mail:
            record += [("mail", person.mail), ("proxyAddresses", f"SMTP:{person.mail}")]
        if person.description:
            record.append(("description", person.description))
        if person.service:
            record.append(("servicePrincipalName", person.service))
        record += [("memberOf", f"{group},{self.dn}") for group in person.groups]
        if person.critical:
            record.append(("isCriticalSystemObject", "TRUE"))
        record += [
            ("userAccountControl", str(NORMAL | (0 if person.enabled else DISABLED))),
            ("objectGUID", self.guid(person.account).bytes_le),
            ("objectSid", self.sid(person.rid or 1100 + number)),
        ]
        return record

    # -- tenant --

    def graph(self) -> dict[str, Any]:
        """What Graph answers: users, domains, licences, devices."""
        organization = {
            "id": self.tenant_id,
            "displayName": self.tenant_name,
            "tenantType": "AAD",
            "onPremisesSyncEnabled": bool(self.last_sync) or None,
            "onPremisesLastSyncDateTime": self.last_sync or None,
            "onPremisesLastPasswordSyncDateTime": self.last_password_sync or None,
        }
        users = [*map(self._synced, filter(lambda p: p.synced, self.people)), *map(self._born, self.cloud_only)]
        conflicted = [
            {
                "id": str(self.guid(f"tenant-{account}")),
                "userPrincipalName": f"{account}@{self.initial}",
                "onPremisesProvisioningErrors": [
                    {
                        "category": "PropertyConflict",
                        "propertyCausingError": "ProxyAddresses",
                        "value": f"SMTP:{account}@{self.domains[0]['id']}",
                        "occurredDateTime": self.last_sync,
                    }
                ],
            }
            for account in self.conflicts
        ]
        deleted = [{"id": str(self.guid(upn)), "userPrincipalName": self.guid(upn).hex + upn} for upn in self.deleted]
        filters = {"$filter": "onPremisesProvisioningErrors/any(o:o/category eq 'PropertyConflict')"}
        group = {"onPremisesSyncEnabled": True, "securityEnabled": True}
        devices = [{"trustType": kind} for kind, count in self.devices.items() for _ in range(count)]
        purchase = {
            "id": str(self.guid("purchase")),
            **{name: self.sku[name] for name in ("skuId", "skuPartNumber")},
            "status": "Enabled",
            "isTrial": False,
            "nextLifecycleDateTime": "2027-06-30T00:00:00Z",
        }
        answers: list[dict[str, Any]] = [
            {"path": "/v1.0/domains", "list": list(self.domains)},
            {"path": "/v1.0/organization", "list": [organization]},
            {"path": "/beta/organization", "list": [organization]},
            {
                "path": f"/v1.0/organization/{self.tenant_id}",
                "object": {"id": self.tenant_id, "mobileDeviceManagementAuthority": self.authority},
            },
            {"path": "/v1.0/subscribedSkus", "list": [self.sku]},
            {"path": "/v1.0/directory/subscriptions", "list": [purchase]},
            {"path": "/v1.0/deviceManagement", "object": {"subscriptionState": "active"}},
            {"path": "/v1.0/users", "query": filters, "list": conflicted},
            {"path": "/v1.0/users", "list": users},
            {"path": "/v1.0/directory/deletedItems/microsoft.graph.user", "list": deleted},
            {"path": "/v1.0/groups", "list": [group] * self.groups},
            {"path": "/v1.0/devices", "list": devices},
        ]
        return {
            "audience": "https://graph.microsoft.com",
            "needs": {
                "/v1.0/domains": "Domain.Read.All",
                "/v1.0/organization": "Organization.Read.All",
                "/beta/organization": "Organization.Read.All",
                f"/v1.0/organization/{self.tenant_id}": "DeviceManagementServiceConfig.Read.All",
                "/v1.0/subscribedSkus": "LicenseAssignment.Read.All",
                "/v1.0/directory/subscriptions": "Organization.Read.All",
                "/v1.0/deviceManagement": "DeviceManagementServiceConfig.Read.All",
                "/v1.0/users": "User.Read.All",
                "/v1.0/directory/deletedItems": "User.Read.All",
                "/v1.0/groups": "GroupMember.Read.All",
                "/v1.0/devices": "Device.Read.All",
            },
            "refused": {
                "400": _error("BadRequest", "Resource not found for the segment."),
                "401": _error("InvalidAuthenticationToken", "Access token is empty or not for this service."),
                "403": _error("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
            },
            "page": 25,
            "answers": answers,
        }

    def _synced(self, person: Person) -> dict[str, Any]:
        return {
            **self._user(person, person.tenant_upn or person.upn or ""),
            "onPremisesUserPrincipalName": person.upn,
            "onPremisesSamAccountName": person.account,
            "onPremisesDomainName": self.forest,
            "onPremisesImmutableId": self.anchor(person),
            "onPremisesSyncEnabled": True,
        }

    def _born(self, person: Person) -> dict[str, Any]:
        """Made in the tenant itself."""
        user = {**self._user(person, person.upn or ""), "onPremisesSyncEnabled": None}
        return {**user, "userType": "Guest"} if "#EXT#" in (person.upn or "") else user

    def _user(self, person: Person, upn: str) -> dict[str, Any]:
        return {
            "id": str(self.guid(f"tenant-{person.account}")),
            "userPrincipalName": upn,
            "displayName": person.name,
            "accountEnabled": person.enabled,
            "userType": "Member",
            "usageLocation": "DE" if person.licensed else None,
            "mail": person.mail or None,
            "proxyAddresses": [f"SMTP:{person.mail}"] if person.mail else [],
            "assignedLicenses": [{"skuId": self.sku["skuId"], "disabledPlans": []}] if person.licensed else [],
        }

    # -- site --

    def adminservice(self) -> dict[str, Any]:
        """What the AdminService answers: discovered users, collections, gateways."""
        found = [
            {
                "ResourceId": 2063597568 + number,
                "UniqueUserName": f"{self.netbios}\\{person.account}",
                "UserPrincipalName": person.upn,
                **({"AADUserID": str(self.guid(f"tenant-{person.account}"))} if person.synced else {}),
            }
            for number, person in enumerate(self.people)
            if person.enabled and not (person.rid or person.critical)
        ]
        members = [
            {
                "CollectionID": self.collection,
                "ResourceID": row["ResourceId"],
                "Name": f"{row['UniqueUserName']} ({person.name})",
            }
            for row, person in zip(found, (p for p in self.people if p.enabled and not (p.rid or p.critical)), strict=True)
            if person.enrols
        ]
        site = {
            "SiteCode": self.site_code,
            "SiteName": f"{self.tenant_name} primary site",
            "ServerName": self.site_server,
            "ReportingSiteCode": "",
            "Type": 2,
            "Version": "5.00.9135.1000",
            "BuildNumber": 9135,
            "Status": 1,
        }
        classes: dict[str, list[dict[str, Any]]] = {
            "SMS_Site": [site],
            "SMS_Identification": [{"ThisSiteCode": self.site_code, "ThisSiteName": site["SiteName"]}],
            "SMS_R_User": found,
            "SMS_Collection": [
                {"CollectionID": "SMS00002", "Name": "All Users", "CollectionType": 1, "MemberCount": len(found)},
                {
                    "CollectionID": self.collection,
                    "Name": self.collection_name,
                    "CollectionType": 1,
                    "MemberCount": len(members),
                    "LimitToCollectionID": "SMS00002",
                },
            ],
            "SMS_FullCollectionMembership": members,
            "SMS_AzureService": list(self.gateways),
        }
        refusal = _error("", "The account has no permission for this class.")
        refused = [
            {"path": f"/AdminService/wmi/{name}", "status": 403, "object": refusal} for name in self.refused_classes
        ]
        answers = [{"path": f"/AdminService/wmi/{name}", "list": rows} for name, rows in classes.items()]
        return {
            "refused": {"400": _error("", "Resource not found for the segment.")},
            "answers": [*refused, *answers],
        }


def ems(enabled: int, consumed: int, state: str = "Enabled") -> dict[str, Any]:
    """Enterprise Mobility + Security E3, as the tenant has subscribed to it."""
    return {
        "id": f"00000000-0000-4000-8000-000000000000_{EMS_SKU}",
        "skuId": EMS_SKU,
        "skuPartNumber": "EMS",
        "capabilityStatus": state,
        "appliesTo": "User",
        "consumedUnits": consumed,
        "prepaidUnits": {"enabled": enabled, "warning": 0, "suspended": 0, "lockedOut": 0},
        "servicePlans": [
            {
                "servicePlanId": plan,
                "servicePlanName": name,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            }
            for name, plan in EMS_PLANS
        ],
    }


def domain(name: str, *, verified: bool = True, first: bool = False, default: bool = False, federated: bool = False) -> dict[str, Any]:
    """A domain of the tenant."""
    return {
        "id": name,
        "isVerified": verified,
        "isInitial": first,
        "isDefault": default,
        "authenticationType": "Federated" if federated else "Managed",
        "supportedServices": ["Email", "OfficeCommunicationsOnline", "Intune"] if verified else [],
    }


def azure(subscription: str, tenant: str, region: str, prefix: str, *, taken: tuple[str, ...] = (), state: str = "Enabled") -> dict[str, Any]:
    """What Azure Resource Manager answers; ``taken``: label, storage or vault."""
    below = f"/subscriptions/{subscription}"
    checks = f"{below}/providers/Microsoft"
    described = {
        "id": below,
        "subscriptionId": subscription,
        "tenantId": tenant,
        "displayName": "Workplace services",
        "state": state,
        "subscriptionPolicies": {"quotaId": "EnterpriseAgreement_2014-09-01"},
    }
    label = {"available": "label" not in taken}
    answers: list[dict[str, Any]] = [
        {"path": "/subscriptions", "list": [described]},
        {"path": below, "object": described},
        {"path": f"{below}/resources", "list": []},
        {"path": f"{checks}.Network/locations/{region}/CheckDnsNameAvailability", "object": label},
    ]
    for kind, path in (("storage", "Storage"), ("vault", "KeyVault")):
        free: dict[str, Any] = {"nameAvailable": kind not in taken}
        if kind in taken:
            free |= {"reason": "AlreadyExists", "message": f"The name {prefix} is already taken."}
        answers.append(
            {"path": f"{checks}.{path}/checkNameAvailability", "method": "POST", "sent": {"name": prefix}, "object": free}
        )
    answers += [
        {"path": f"{checks}.{name}", "object": {"namespace": f"Microsoft.{name}", "registrationState": "Registered"}}
        for name in ("KeyVault", "Storage", "Network", "Compute")
    ]
    return {
        "audience": "https://management.azure.com",
        "refused": {
            "400": _error("NoRegisteredProviderFound", "Nothing answers this request."),
            "401": _error("AuthenticationFailed", "Authentication failed."),
        },
        "answers": answers,
    }


def as_json(value: dict[str, Any]) -> str:
    """Readable, one item of a list a line, the same every time."""
    body = {name: part for name, part in value.items() if name != "answers"}
    head = json.dumps(body, indent=1, ensure_ascii=False)[:-2]
    lines = ",\n".join(_answer(one) for one in value["answers"])
    return f'{head},\n "answers": [\n{lines}\n ]\n}}\n'


def _answer(one: dict[str, Any]) -> str:
    plain = {name: part for name, part in one.items() if name != "list"}
    text = json.dumps(plain, ensure_ascii=False)
    if "list" not in one:
        return f"  {text}"
    items = ",\n".join(f"   {json.dumps(item, ensure_ascii=False)}" for item in one["list"])
    return f'  {text[:-1]}, "list": [\n{items}\n  ]}}' if items else f'  {text[:-1]}, "list": []}}'


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _line(name: str, value: str | bytes) -> str:
    if isinstance(value, bytes):
        return f"{name}:: {base64.b64encode(value).decode()}"
    if value.isascii() and not value.startswith((" ", ":", "<")) and value.rstrip() == value:
        return f"{name}: {value}".rstrip()
    return _line(name, value.encode())
