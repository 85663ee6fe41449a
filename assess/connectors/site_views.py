"""Every statement that is sent to a site database, and the columns that each one reads.

Nothing else is ever sent. Each is one SELECT that names its columns; what varies is a parameter.
``reads`` is what the account has to be granted, and no more: the tables behind the site control
file and the applications hold accounts and secrets beside the columns that are read here.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

SCHEMA = "dbo"
SINCE_MIDNIGHT = "0001128000100008"


class Reading(NamedTuple):
    """One statement. ``reads``: view to its columns; ``names``: what the result's columns mean."""

    statement: str
    reads: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...]


def _reading(statement: str, names: str, **reads: str) -> Reading:
    columns = {view: tuple(words.split()) for view, words in reads.items()}
    return Reading(" ".join(statement.split()), columns, tuple(names.split()))


# -- the site --

SITES = _reading(
    """SELECT SiteCode, SiteName, ServerName, ReportingSiteCode, Type, Version, BuildNumber, Status
       FROM dbo.v_Site""",
    "SiteCode SiteName ServerName ReportingSiteCode Type Version BuildNumber Status",
    v_Site="SiteCode SiteName ServerName ReportingSiteCode Type Version BuildNumber Status",
)
SITES_WITHOUT_BUILD = _reading(
    """SELECT SiteCode, SiteName, ServerName, ReportingSiteCode, Type, Version, Status
       FROM dbo.v_Site""",
    "SiteCode SiteName ServerName ReportingSiteCode Type Version Status",
    v_Site="SiteCode SiteName ServerName ReportingSiteCode Type Version Status",
)
UPDATE_PACKAGES = _reading(
    "SELECT Name, FullVersion, State FROM dbo.CM_UpdatePackages",
    "Name FullVersion State",
    CM_UpdatePackages="Name FullVersion State",
)

# -- roles and components --

ROLES = _reading(
    "SELECT RoleName, ServerName, NALPath, SiteCode FROM dbo.v_SystemResourceList",
    "RoleName ServerName NALPath SiteCode",
    v_SystemResourceList="RoleName ServerName NALPath SiteCode",
)
ROLE_STATES = _reading(
    "SELECT NALPath, RoleName, SslState FROM dbo.vSMS_SC_SysResUse",
    "NALPath RoleName SslState",
    vSMS_SC_SysResUse="NALPath RoleName SslState",
)
ROLE_PROPERTIES = _reading(
    """SELECT r.NALPath, r.RoleName, p.Name, p.Value3
       FROM dbo.vSMS_SC_SysResUse AS r
       JOIN dbo.SC_SysResUse AS u ON u.NALPath = r.NALPath AND u.RoleTypeID = r.RoleTypeID
       JOIN dbo.SC_SysResUse_Property AS p ON p.SysResUseID = u.ID
       WHERE p.Name IN ('AllowProxyTraffic', 'MPIntranetFacing', 'MPInternetFacing',
                        'OfflineMode', 'Enabled', 'SSLWSUS')""",
    "NALPath RoleName PropertyName Value",
    vSMS_SC_SysResUse="NALPath RoleName RoleTypeID",
    SC_SysResUse="ID NALPath RoleTypeID",
    SC_SysResUse_Property="SysResUseID Name Value3",
)
COMPONENTS = _reading(
    """SELECT c.ComponentName, d.SiteCode, p.Name, p.Value1, p.Value2, p.Value3
       FROM dbo.SC_Component AS c
       JOIN dbo.SC_SiteDefinition AS d ON d.SiteNumber = c.SiteNumber
       LEFT JOIN dbo.SC_Component_Property AS p
         ON p.ComponentID = c.ID AND p.Name IN ('IISSSLState', 'SETTINGS')
       WHERE c.ComponentName = ?""",
    "ComponentName SiteCode PropertyName Value1 Value2 Value",
    SC_Component="ID ComponentName SiteNumber",
    SC_SiteDefinition="SiteNumber SiteCode",
    SC_Component_Property="ComponentID Name Value1 Value2 Value3",
)
COMPONENT_STATUSES = _reading(
    f"""SELECT ComponentName, MachineName, SiteCode, Status FROM dbo.v_ComponentSummarizer
        WHERE ComponentName = ? AND TallyInterval = '{SINCE_MIDNIGHT}'""",  # noqa: S608 - constant
    "ComponentName MachineName SiteCode Status",
    v_ComponentSummarizer="ComponentName MachineName SiteCode Status TallyInterval",
)

# -- users, devices, collections --

USERS = _reading(
    "SELECT ResourceID, Unique_User_Name0, User_Principal_Name0 FROM dbo.v_R_User",
    "ResourceId UniqueUserName UserPrincipalName",
    v_R_User="ResourceID Unique_User_Name0 User_Principal_Name0",
)
USERS_IN_DIRECTORY = _reading(
    "SELECT ResourceID, Unique_User_Name0, User_Principal_Name0, AADUserID FROM dbo.v_R_User",
    "ResourceId UniqueUserName UserPrincipalName AADUserID",
    v_R_User="ResourceID Unique_User_Name0 User_Principal_Name0 AADUserID",
)
USERS_IN_DIRECTORY_0 = _reading(
    "SELECT ResourceID, Unique_User_Name0, User_Principal_Name0, AADUserID0 FROM dbo.v_R_User",
    "ResourceId UniqueUserName UserPrincipalName AADUserID",
    v_R_User="ResourceID Unique_User_Name0 User_Principal_Name0 AADUserID0",
)
# The last part that an address has: without one, with several, and with blanks around it.
SUFFIXES = _reading(
    """SELECT k.Suffix, COUNT(*) AS Users
       FROM (SELECT CASE
               WHEN LTRIM(RTRIM(u.User_Principal_Name0)) IS NULL
                 OR LTRIM(RTRIM(u.User_Principal_Name0)) = '' THEN '(none)'
               WHEN CHARINDEX('@', u.User_Principal_Name0) = 0 THEN '(no @)'
               ELSE LOWER(LTRIM(RTRIM(RIGHT(u.User_Principal_Name0,
                      CHARINDEX('@', REVERSE(u.User_Principal_Name0)) - 1))))
             END AS Suffix
             FROM dbo.v_R_User AS u) AS k
       GROUP BY k.Suffix""",
    "suffix users",
    v_R_User="User_Principal_Name0",
)
SYSTEMS = _reading(
    "SELECT ResourceID, Client0, Operating_System_Name_and0 FROM dbo.v_R_System",
    "ResourceID IsClient DeviceOS",
    v_R_System="ResourceID Client0 Operating_System_Name_and0",
)
COLLECTION = _reading(
    """SELECT CollectionID, Name, CollectionType, MemberCount, LimitToCollectionID
       FROM dbo.v_Collection WHERE CollectionID = ?""",
    "CollectionID Name CollectionType MemberCount LimitToCollectionID",
    v_Collection="CollectionID Name CollectionType MemberCount LimitToCollectionID",
)
COLLECTION_WITHOUT_LIMIT = _reading(
    """SELECT CollectionID, Name, CollectionType, MemberCount
       FROM dbo.v_Collection WHERE CollectionID = ?""",
    "CollectionID Name CollectionType MemberCount",
    v_Collection="CollectionID Name CollectionType MemberCount",
)
MEMBERS = _reading(
    "SELECT ResourceID, Name FROM dbo.v_FullCollectionMembership WHERE CollectionID = ?",
    "ResourceID Name",
    v_FullCollectionMembership="CollectionID ResourceID Name",
)
DIRECT_RULES = _reading(
    "SELECT ResourceID FROM dbo.v_CollectionRuleDirect WHERE CollectionID = ?",
    "ResourceID",
    v_CollectionRuleDirect="CollectionID ResourceID",
)
QUERY_RULES = _reading(
    "SELECT QueryID FROM dbo.v_CollectionRuleQuery WHERE CollectionID = ?",
    "QueryID",
    v_CollectionRuleQuery="CollectionID QueryID",
)
# RelationshipType: 1 is limited to, 2 includes, 3 excludes.
COLLECTION_RULES = _reading(
    """SELECT SourceCollectionID, RelationshipType FROM dbo.vSMS_CollectionDependencies
       WHERE DependentCollectionID = ? AND RelationshipType IN (2, 3)""",
    "SourceCollectionID RelationshipType",
    vSMS_CollectionDependencies="DependentCollectionID SourceCollectionID RelationshipType",
)

# -- the cloud --

APPLICATIONS = _reading(
    """SELECT Name, ClientID, IdentifierUri, IsClientApp, TenantID
       FROM dbo.vSMS_AAD_Application_Ex""",
    "Name ClientID IdentifierUri IsClientApp TenantID",
    vSMS_AAD_Application_Ex="Name ClientID IdentifierUri IsClientApp TenantID",
)
APPLICATION_NAMES = _reading(
    "SELECT Name, ClientID, IdentifierUri FROM dbo.vSMS_AAD_Application_Ex",
    "Name ClientID IdentifierUri",
    vSMS_AAD_Application_Ex="Name ClientID IdentifierUri",
)
TENANTS = _reading(
    "SELECT ID, Name, TenantID FROM dbo.AAD_Tenant_Ex",
    "ID Name TenantID",
    AAD_Tenant_Ex="ID Name TenantID",
)
TENANT_NAMES = _reading(
    "SELECT Name, TenantID FROM dbo.AAD_Tenant_Ex",
    "Name TenantID",
    AAD_Tenant_Ex="Name TenantID",
)
CLOUD_SERVICES = _reading(
    "SELECT ID, Name, ServiceType FROM dbo.vSMS_Azure_CloudService",
    "ID Name ServiceType",
    vSMS_Azure_CloudService="ID Name ServiceType",
)
ENVIRONMENTS = _reading(
    "SELECT ID, EnvironmentName FROM dbo.AzureEnvironments",
    "ID EnvironmentName",
    AzureEnvironments="ID EnvironmentName",
)
GATEWAY_PATHS = _reading(
    "SELECT DISTINCT MutualAuthPath FROM dbo.vProxy_Roles",
    "path",
    vProxy_Roles="MutualAuthPath",
)
CO_MANAGEMENT = _reading(
    """SELECT DISTINCT CI_ID, DisplayName FROM dbo.v_LocalizedCIProperties
       WHERE DisplayName LIKE 'CoMgmtSettings%'""",
    "CI_ID LocalizedDisplayName",
    v_LocalizedCIProperties="CI_ID DisplayName",
)
STATES = _reading(
    """SELECT ResourceID, ComgmtPolicyPresent, MDMEnrolled, MDMWorkloads, EnrollmentFailed
       FROM dbo.v_ClientCoManagementState""",
    "ResourceID ComgmtPolicyPresent MDMEnrolled MDMWorkloads EnrollmentFailed",
    v_ClientCoManagementState=(
        "ResourceID ComgmtPolicyPresent MDMEnrolled MDMWorkloads EnrollmentFailed"
    ),
)
STATES_WITHOUT_FAILURES = _reading(
    """SELECT ResourceID, ComgmtPolicyPresent, MDMEnrolled, MDMWorkloads
       FROM dbo.v_ClientCoManagementState""",
    "ResourceID ComgmtPolicyPresent MDMEnrolled MDMWorkloads",
    v_ClientCoManagementState="ResourceID ComgmtPolicyPresent MDMEnrolled MDMWorkloads",
)

READINGS: Mapping[str, Reading] = {
    name: one for name, one in dict(globals()).items() if isinstance(one, Reading)
}


def granted(readings: Iterable[Reading]) -> dict[str, tuple[str, ...]]:
    """The columns that these statements read, by view, each once and in order."""
    found: dict[str, set[str]] = {}
    for one in readings:
        for view, columns in one.reads.items():
            found.setdefault(view, set()).update(columns)
    return {view: tuple(sorted(found[view])) for view in sorted(found, key=str.lower)}


_NAMES = ", ".join(f"'{view}'" for view in granted(READINGS.values()))
# What the account lacks is known before it is asked; the catalogue view alone shows too much.
COLUMNS = _reading(
    f"""SELECT TABLE_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS
        WHERE TABLE_SCHEMA = '{SCHEMA}' AND TABLE_NAME IN ({_NAMES})
          AND HAS_PERMS_BY_NAME(CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), 'OBJECT', 'SELECT',
                                COLUMN_NAME, 'COLUMN') = 1""",  # noqa: S608 - constants
    "view column",
)


# Columns that not every version has, or that nobody has documented: what needs one says so.
UNCERTAIN: Mapping[str, frozenset[str]] = {
    "v_Site": frozenset({"BuildNumber"}),
    "v_R_User": frozenset({"AADUserID", "AADUserID0"}),
    "v_Collection": frozenset({"LimitToCollectionID"}),
    "v_ClientCoManagementState": frozenset({"EnrollmentFailed"}),
    "vSMS_AAD_Application_Ex": frozenset({"IsClientApp", "TenantID"}),
    "AAD_Tenant_Ex": frozenset({"ID"}),
    "vSMS_SC_SysResUse": frozenset({"SslState"}),
    "vSMS_Azure_CloudService": frozenset({"ID", "Name", "ServiceType"}),
    "AzureEnvironments": frozenset({"ID", "EnvironmentName"}),
    "CM_UpdatePackages": frozenset({"Name", "FullVersion", "State"}),
}


def grant_script(account: str, readings: Iterable[Reading]) -> str:
    """The T-SQL that lets an account read exactly this, for the administrator of the database.

    A column that the site may not have is granted alone, so that its error stops nothing else.
    """
    quoted = f"[{account.replace(']', ']]')}]"
    views = granted(readings)

    def grant(view: str, columns: Iterable[str]) -> str:
        return f"GRANT SELECT ON {SCHEMA}.{view} ({', '.join(columns)}) TO {quoted};"

    lines = [f"CREATE USER {quoted} FOR LOGIN {quoted};"]
    for view, columns in views.items():
        sure = [one for one in columns if one not in UNCERTAIN.get(view, ())]
        lines += [grant(view, sure)] if sure else []
    lines += ["GO", "-- Not every version has these columns: an error here stops nothing else."]
    for view, columns in views.items():
        for one in columns:
            lines += [grant(view, [one]), "GO"] if one in UNCERTAIN.get(view, ()) else []
    return "\n".join(lines)
