"""Sites that were never installed, as both of their doors show them: provider classes and views.

One description is drawn from a seed; the two forms are made of it apart, each as its source spells
it. Two sites of different seeds differ in topology, roles, settings, users and states.
"""

import random
from dataclasses import dataclass, field
from typing import Any

VIEWS = {
    "v_Site": "SiteCode SiteName ServerName ReportingSiteCode Type# Version BuildNumber# Status#",
    "CM_UpdatePackages": "Name FullVersion State#",
    "v_SystemResourceList": "NALPath ResourceType SiteCode RoleName ServerName",
    "vSMS_SC_SysResUse": "SiteNumber# RoleName RoleTypeID# NALPath NALResType ServerName SiteCode SslState#",
    "SC_SysResUse": "ID# SiteNumber# RoleTypeID# NALPath",
    "SC_SysResUse_Property": "SysResUseID# Name Value1 Value2 Value3#",
    "SC_SiteDefinition": "SiteNumber# SiteCode SiteName",
    "SC_Component": "ID# SiteNumber# ComponentName",
    "SC_Component_Property": "ComponentID# Name Value1 Value2 Value3#",
    "v_ComponentSummarizer": "ComponentName MachineName SiteCode Status# State# TallyInterval",
    "v_R_User": "ResourceID# Unique_User_Name0 User_Name0 User_Principal_Name0 Mail0 AADUserID",
    "v_R_System": "ResourceID# Name0 Client0# Operating_System_Name_and0",
    "v_Collection": "CollectionID Name CollectionType# MemberCount# LimitToCollectionID",
    "v_FullCollectionMembership": "CollectionID ResourceID# Name SiteCode",
    "v_CollectionRuleDirect": "CollectionID RuleName ResourceID#",
    "v_CollectionRuleQuery": "CollectionID RuleName QueryID# QueryExpression",
    "vSMS_CollectionDependencies": "DependentCollectionID SourceCollectionID RelationshipType#",
    "vSMS_AAD_Application_Ex": "ID# Name ClientID IdentifierUri IsClientApp? TenantID# SecretKey",
    "AAD_Tenant_Ex": "ID# Name TenantID Environment#",
    "vSMS_Azure_CloudService": "ID# Name ServiceType#",
    "AzureEnvironments": "ID# EnvironmentName",
    "vProxy_Roles": "ProxyServerName MutualAuthPath",
    "v_LocalizedCIProperties": "CI_ID# LocaleID# DisplayName",
    "v_ClientCoManagementState": "ResourceID# ComgmtPolicyPresent# MDMEnrolled# MDMWorkloads EnrollmentFailed# EnrollmentStatusCode#",
}

_TYPE_IDS = {
    "SMS Site Server": 2, "SMS Distribution Point": 3, "SMS Management Point": 6, "SMS Software Update Point": 7, "SMS Dmp Connector": 23,
    "SMS Cloud Proxy Connector": 24, "SMS Provider": 9,
}  # fmt: skip
_BUILDS = (9146, 9141, 9135, 9128, 9106, 8968, 9200)
_SSL_STATES = (0, 1, 3, 4)
_CLIENT_MODES = (0, 31, 63, 192, 224, 448, 480, 1216, 1248, 1504)
_SUFFIXES = ("contoso.com", "Contoso.com", "contoso.local", "fabrikam.com", "corp.contoso.com", "contoso.c\u00f6m")
_WORKLOADS = ("8193", "8195", "8441", "1", "12543", "")
MDM, PILOT = "PS100014", "PS100020"
TENANT = "11111111-2222-4333-8444-555555555555"


@dataclass
class Role:
    name: str
    server: str
    site: str
    ssl: int
    properties: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f'["Display=\\\\{self.server}\\"]MSWNET:["SMS_SITE={self.site}"]\\\\{self.server}\\'


@dataclass
class Twin:
    """What there is at one site."""

    sites: list[dict[str, Any]]
    updates: list[tuple[str, str, int]]
    roles: list[Role]
    components: list[tuple[str, str, dict[str, tuple[int, str]]]]
    statuses: list[tuple[str, str, str, int]]
    users: list[tuple[int, str | None, str | None]]
    devices: list[tuple[int, bool, str | None]]
    collections: list[tuple[str, str, int, str, list[int], list[str]]]
    tenants: list[tuple[int, str, str]]
    applications: list[tuple[str, str, str, bool, int]]
    services: list[tuple[int, str, int]]
    policies: list[tuple[int, str]]
    states: list[tuple[int, bool, bool, str, bool]]


def twin(seed: int) -> Twin:
    """The site of a seed."""
    draw = random.Random(seed)
    sites = _sites(draw)
    chief = [site for site in sites if site["Type"] != 1]
    users = _users(draw)
    devices = [
        (
            16777000 + n,
            draw.random() < 0.8,
            draw.choice(("Microsoft Windows NT Workstation 10.0", "Microsoft Windows NT Advanced Server 10.0", None))
            if draw.random() < 0.3
            else "Microsoft Windows NT Workstation 10.0",
        )
        for n in range(draw.randint(0, 40))
    ]
    states = [
        (number, draw.random() < 0.7, draw.random() < 0.6, draw.choice(_WORKLOADS), draw.random() < 0.1)
        for number, is_client, _ in devices
        if is_client and draw.random() < 0.8
    ]
    return Twin(
        sites,
        [(f"Configuration Manager {n}", f"5.00.{draw.choice(_BUILDS)}.1000", draw.choice((196612, 262146, 327682))) for n in range(draw.randint(0, 3))],
        _roles(draw, sites),
        _components(draw, [site["SiteCode"] for site in chief]),
        [
            ("SMS_CLOUD_PROXYCONNECTOR", f"CP0{n}", sites[0]["SiteCode"], draw.choice((0, 0, 1, 2)))
            for n in range(draw.randint(0, 2))
        ],
        users,
        devices,
        _collections(draw, users, devices),
        [(7, "Contoso", draw.choice((TENANT, "99999999-0000-4000-8000-000000000000")))][: draw.randint(0, 2)],
        [
            (name, f"{n}0000000-0000-4000-8000-000000000000", uri, is_client, draw.choice((7, 7, 8)))
            for n, (name, uri, is_client) in enumerate(
                (("Server app", f"api://{TENANT}/cm", False), ("Client app", "ms-app://cm", True), ("Old app", "https://ConfigMgrService", False))
            )
            if draw.random() < 0.7
        ],
        [(5, "Cloud management", 1)][: draw.randint(0, 1)],
        [(16780000 + n, name) for n, name in enumerate(("CoMgmtSettingsProd", "CoMgmtSettingsPilotX")) if draw.random() < 0.6],
        states,
    )  # fmt: skip


def _sites(draw: random.Random) -> list[dict[str, Any]]:
    build = draw.choice(_BUILDS)

    def site(code: str, kind: int, parent: str = "") -> dict[str, Any]:
        return {
            "SiteCode": code, "SiteName": f"Site {code}", "ServerName": f"{code.lower()}.contoso.local", "ReportingSiteCode": parent, "Type": kind,
            "Version": f"5.00.{build}.1000", "BuildNumber": build, "Status": draw.choice((1, 1, 1, 2)),
        }  # fmt: skip

    shape = draw.choice(("alone", "alone", "secondary", "hierarchy", "two"))
    if shape == "hierarchy":
        return [site("CAS", 4), site("PS1", 2, "CAS"), site("PS2", 2, "CAS")]
    if shape == "secondary":
        return [site("PS1", 2), site("SS1", 1, "PS1")]
    return [site("PS1", 2), site("PS2", 2)] if shape == "two" else [site("PS1", 2)]


def _roles(draw: random.Random, sites: list[dict[str, Any]]) -> list[Role]:
    roles = [Role("SMS Site Server", site["ServerName"], site["SiteCode"], 2) for site in sites]

    def some(**names: float) -> dict[str, int]:
        return {name: draw.randint(0, 1) for name, likely in names.items() if draw.random() < likely}

    for n in range(draw.randint(0, 3)):
        code = draw.choice(sites)["SiteCode"]
        facts = some(AllowProxyTraffic=0.9, MPIntranetFacing=0.9, MPInternetFacing=0.9)
        roles.append(Role("SMS Management Point", f"mp0{n + 1}.contoso.local", code, draw.choice(_SSL_STATES), facts))
    top = sites[0]["SiteCode"]
    roles += [
        Role("SMS Software Update Point", f"sup0{n + 1}.contoso.local", top, 0, some(AllowProxyTraffic=0.9, Enabled=1))
        for n in range(draw.randint(0, 2))
    ]
    roles += [
        Role("SMS Dmp Connector", f"scp0{n + 1}.contoso.local", draw.choice(sites)["SiteCode"], 2, some(OfflineMode=0.9))
        for n in range(draw.choice((0, 1, 1, 1, 2)))
    ]
    roles += [Role("SMS Cloud Proxy Connector", f"cp0{n}.contoso.local", top, 2) for n in range(draw.choice((0, 1, 2)))]
    return roles


def _components(draw: random.Random, codes: list[str]) -> list[tuple[str, str, dict[str, tuple[int, str]]]]:
    found: list[tuple[str, str, dict[str, tuple[int, str]]]] = []
    for code in codes:
        found.append(("SMS_SITE_COMPONENT_MANAGER", code, {"IISSSLState": (draw.choice(_CLIENT_MODES), "")} if draw.random() < 0.9 else {}))
        if draw.random() < 0.8:
            found.append(("SMS_AD_USER_DISCOVERY_AGENT", code, {"SETTINGS": (0, draw.choice(("ACTIVE", "INACTIVE")))}))
    return found


def _users(draw: random.Random) -> list[tuple[int, str | None, str | None]]:
    found: list[tuple[int, str | None, str | None]] = []
    for n in range(draw.choice((0, 3, 20, 40))):
        upn = draw.choice((None, "", f"user{n}", f"user{n}@", *(f"User{n}@{suffix}" for suffix in _SUFFIXES)))
        found.append((2063597000 + n, upn, f"aaaaaaaa-0000-4000-8000-{n:012}" if draw.random() < 0.6 else None))
    return found


def _collections(
    draw: random.Random,
    users: list[tuple[int, str | None, str | None]],
    devices: list[tuple[int, bool, str | None]],
) -> list[tuple[str, str, int, str, list[int], list[str]]]:
    people, machines = [one[0] for one in users], [one[0] for one in devices]
    rules = draw.sample(("direct", "query", "include", "exclude"), draw.randint(0, 3))
    found = [
        ("SMS00002", "All Users", 1, "", people, ["query"]),
        ("SMS00001", "All Systems", 2, "", machines, ["query"]),
    ]
    if draw.random() < 0.85:
        chosen = draw.sample(people, draw.randint(0, len(people)))
        kind = draw.choice((1, 1, 1, 2))
        found.append((MDM, "MDM users", kind, draw.choice(("SMS00002", "PS100001")), chosen, rules))
    if draw.random() < 0.85:
        chosen = draw.sample(machines, draw.randint(0, len(machines)))
        found.append((PILOT, "Pilot", 2, "SMS00001", chosen, ["direct"]))
    return found


# -- as the AdminService shows it --


def classes(site: Twin) -> dict[str, list[dict[str, Any]]]:
    """The provider classes."""
    rules = {
        "direct": {"@odata.type": "#AdminService.SMS_CollectionRuleDirect", "ResourceID": 1},
        "query": {"@odata.type": "#AdminService.SMS_CollectionRuleQuery", "QueryID": 1},
        "include": {"@odata.type": "#AdminService.SMS_CollectionRuleIncludeCollection", "IncludeCollectionID": "PS100099"},
        "exclude": {"@odata.type": "#AdminService.SMS_CollectionRuleExcludeCollection", "ExcludeCollectionID": "PS100098"},
    }  # fmt: skip
    return {
        "SMS_Site": site.sites,
        "SMS_CM_UpdatePackages": [{"Name": n, "FullVersion": v, "State": s} for n, v, s in site.updates],
        "SMS_SCI_SysResUse": [
            {
                "RoleName": one.name, "NetworkOSPath": f"\\\\{one.server}", "NALPath": one.path, "SiteCode": one.site, "SslState": one.ssl,
                "Props": [_object(name, value, "") for name, value in one.properties.items()],
            }
            for one in site.roles
        ],
        "SMS_SCI_Component": [
            {"ComponentName": name, "SiteCode": code, "Props": [_object(p, n, t) for p, (n, t) in props.items()]}
            for name, code, props in site.components
        ],
        "SMS_ComponentSummarizer": [
            {"ComponentName": name, "MachineName": machine, "SiteCode": code, "Status": status, "TallyInterval": interval}
            for name, machine, code, status in site.statuses
            for interval in ("0001128000100008", "0081128000100008")
        ],
        "SMS_R_User": [
            {"ResourceId": number, "UniqueUserName": f"CONTOSO\\u{number}", "UserPrincipalName": upn, "AADUserID": guid}
            for number, upn, guid in site.users
        ],
        "SMS_CombinedDeviceResources": [
            {"ResourceID": number, "Name": f"PC{number}", "IsClient": client, "DeviceOS": system} for number, client, system in site.devices
        ],
        "SMS_Collection": [
            {
                "CollectionID": id_, "Name": name, "CollectionType": kind, "MemberCount": len(members), "LimitToCollectionID": limit,
                "CollectionRules": [rules[word] for word in words],
            }
            for id_, name, kind, limit, members, words in site.collections
        ],
        "SMS_FullCollectionMembership": [
            {"CollectionID": id_, "ResourceID": number, "Name": f"M{number}"} for id_, _, _, _, members, _ in site.collections for number in members
        ],
        "SMS_AAD_Tenant_Ex": [{"ID": i, "Name": n, "TenantID": t} for i, n, t in site.tenants],
        "SMS_AAD_Application_Ex": [
            {"ID": n, "Name": name, "ClientID": client, "IdentifierUri": uri, "IsClientApp": native, "TenantID": tenant}
            for n, (name, client, uri, native, tenant) in enumerate(site.applications)
        ],
        "SMS_Azure_CloudService": [{"ID": i, "Name": n, "ServiceType": t} for i, n, t in site.services],
        "SMS_AzureEnvironments": [{"ID": 1, "EnvironmentName": "AzurePublicCloud"}],
        "SMS_CoManagementSettings": [{"CI_ID": i, "LocalizedDisplayName": n} for i, n in site.policies],
        "SMS_Client_ComanagementState": [
            {"ResourceID": r, "ComgmtPolicyPresent": p, "MDMEnrolled": e, "MDMWorkloads": w, "EnrollmentFailed": f} for r, p, e, w, f in site.states
        ],
    }  # fmt: skip


def _object(name: str, number: int, text: str) -> dict[str, Any]:
    return {"PropertyName": name, "Value": number, "Value1": text, "Value2": ""}


# -- as the database shows it --


def rows(site: Twin) -> dict[str, list[dict[str, Any]]]:
    """The rows of the views."""
    numbers = {one["SiteCode"]: n for n, one in enumerate(site.sites, 1)}
    relations = {"include": 2, "exclude": 3}
    return {
        "v_Site": site.sites,
        "CM_UpdatePackages": [{"Name": n, "FullVersion": v, "State": s} for n, v, s in site.updates],
        "v_SystemResourceList": [
            {"NALPath": one.path, "ResourceType": "Windows NT Server", "SiteCode": one.site, "RoleName": one.name, "ServerName": one.server}
            for one in site.roles
        ],
        "vSMS_SC_SysResUse": [
            {"RoleName": one.name, "RoleTypeID": _TYPE_IDS[one.name], "NALPath": one.path, "SiteCode": one.site, "SslState": one.ssl}
            for one in site.roles
        ],
        "SC_SysResUse": [{"ID": n, "RoleTypeID": _TYPE_IDS[one.name], "NALPath": one.path} for n, one in enumerate(site.roles)],
        "SC_SysResUse_Property": [
            {"SysResUseID": n, "Name": name, "Value1": "", "Value2": "", "Value3": value}
            for n, one in enumerate(site.roles)
            for name, value in [*one.properties.items(), ("UserName", 0)]
        ],
        "SC_SiteDefinition": [{"SiteNumber": n, "SiteCode": code} for code, n in numbers.items()],
        "SC_Component": [{"ID": n, "SiteNumber": numbers[code], "ComponentName": name} for n, (name, code, _) in enumerate(site.components)],
        "SC_Component_Property": [
            {"ComponentID": n, "Name": name, "Value1": text, "Value2": "", "Value3": number}
            for n, (_, _, props) in enumerate(site.components)
            for name, (number, text) in props.items()
        ],
        "v_ComponentSummarizer": [
            {"ComponentName": name, "MachineName": machine, "SiteCode": code, "Status": status, "TallyInterval": interval}
            for name, machine, code, status in site.statuses
            for interval in ("0001128000100008", "0081128000100008")
        ],
        "v_R_User": [
            {"ResourceID": number, "Unique_User_Name0": f"CONTOSO\\u{number}", "User_Principal_Name0": upn, "AADUserID": guid}
            for number, upn, guid in site.users
        ],
        "v_R_System": [
            {"ResourceID": number, "Name0": f"PC{number}", "Client0": int(client), "Operating_System_Name_and0": system}
            for number, client, system in site.devices
        ],
        "v_Collection": [
            {"CollectionID": id_, "Name": name, "CollectionType": kind, "MemberCount": len(members), "LimitToCollectionID": limit}
            for id_, name, kind, limit, members, _ in site.collections
        ],
        "v_FullCollectionMembership": [
            {"CollectionID": id_, "ResourceID": number, "Name": f"M{number}"} for id_, _, _, _, members, _ in site.collections for number in members
        ],
        "v_CollectionRuleDirect": [{"CollectionID": c[0], "RuleName": "d", "ResourceID": 1} for c in site.collections if "direct" in c[5]],
        "v_CollectionRuleQuery": [
            {"CollectionID": c[0], "RuleName": "q", "QueryID": 1, "QueryExpression": "select *"} for c in site.collections if "query" in c[5]
        ],
        "vSMS_CollectionDependencies": [
            *(
                {"DependentCollectionID": c[0], "SourceCollectionID": "PS100099", "RelationshipType": relations[word]}
                for c in site.collections
                for word in c[5]
                if word in relations
            ),
            *({"DependentCollectionID": c[0], "SourceCollectionID": c[3], "RelationshipType": 1} for c in site.collections if c[3]),
        ],
        "AAD_Tenant_Ex": [{"ID": i, "Name": n, "TenantID": t} for i, n, t in site.tenants],
        "vSMS_AAD_Application_Ex": [
            {"ID": n, "Name": name, "ClientID": client, "IdentifierUri": uri, "IsClientApp": native, "TenantID": tenant, "SecretKey": "308201"}
            for n, (name, client, uri, native, tenant) in enumerate(site.applications)
        ],
        "vSMS_Azure_CloudService": [{"ID": i, "Name": n, "ServiceType": t} for i, n, t in site.services],
        "AzureEnvironments": [{"ID": 1, "EnvironmentName": "AzurePublicCloud"}],
        "v_LocalizedCIProperties": [
            {"CI_ID": i, "LocaleID": locale, "DisplayName": n} for i, n in [*site.policies, (1, "Some baseline")] for locale in (1033, 1031)
        ],
        "v_ClientCoManagementState": [
            {"ResourceID": r, "ComgmtPolicyPresent": int(p), "MDMEnrolled": int(e), "MDMWorkloads": w, "EnrollmentFailed": int(f)}
            for r, p, e, w, f in site.states
        ],
    }  # fmt: skip
