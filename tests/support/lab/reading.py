"""The directory connector, as a run would have it for the laboratory's domain controllers."""

import os

from assess.connectors.ldap import LdapConnector
from assess.connectors.ldap_session import Access
from assess.keytypes import Secret
from lab.samba import DomainController


def reading(*controllers: DomainController) -> LdapConnector:
    """Reads these, the first as [ad], the others as further forests; to be closed."""
    found = []
    for number, one in enumerate(controllers):
        os.environ[f"LDAP_PASSWORD_{number}"] = one.password
        secret = Secret("ad.password", env=f"LDAP_PASSWORD_{number}")
        section = "ad" if not number else f"ad.forests.f{number}"
        found.append(Access(section, one.url, one.user, secret, "simple", one.ca_file))
    return LdapConnector(found)
