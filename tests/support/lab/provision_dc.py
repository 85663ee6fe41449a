"""Provisions a domain; run by the system's Python, which is the one that has Samba's modules.

    provision_dc.py SMB_CONF REALM NETBIOS_DOMAIN HOST ADDRESS        the administrator's password on standard input

It differs from ``samba-tool domain provision`` in one thing: the access control lists of the sysvol share are left
out, which only a file server needs and only real root can write.
"""

import logging
import sys

from samba.auth import system_session  # type: ignore[import-not-found]
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2  # type: ignore[import-not-found]
from samba.provision import provision  # type: ignore[import-not-found]


def main() -> None:
    configuration, realm, domain, host, address = sys.argv[1:]
    provision(
        logging.getLogger("provision"),
        system_session(),
        smbconf=configuration,
        realm=realm,
        domain=domain,
        hostname=host,
        hostip=address,
        adminpass=sys.stdin.read(),
        serverrole="active directory domain controller",
        dns_backend="SAMBA_INTERNAL",
        dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
        skip_sysvolacl=True,
    )


main()
