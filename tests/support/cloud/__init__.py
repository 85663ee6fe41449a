"""A stand-in for Entra ID, Microsoft Graph, Azure Resource Manager and the AdminService, on loopback.

It answers from data that the test gives and keeps to the published contract: what the real service
rejects is rejected, and each wrong request is kept in ``violations``.
"""

from cloud.adminservice import AdminServiceServer
from cloud.arm import ArmServer
from cloud.authority import Authority, Identity, default_authority
from cloud.azure import RoleAssignment, Subscription
from cloud.cloud import Cloud
from cloud.entra import EntraServer
from cloud.graph import GraphServer
from cloud.imds import ImdsServer
from cloud.server import Recorded, Server, Violation
from cloud.site import Site
from cloud.tenant import App, Person, Resource, Secret, Tenant

__all__ = [
    "AdminServiceServer",
    "App",
    "ArmServer",
    "Authority",
    "Cloud",
    "EntraServer",
    "GraphServer",
    "Identity",
    "ImdsServer",
    "Person",
    "Recorded",
    "Resource",
    "RoleAssignment",
    "Secret",
    "Server",
    "Site",
    "Subscription",
    "Tenant",
    "Violation",
    "default_authority",
]
