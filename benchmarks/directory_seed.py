"""Makes a domain with many users; run by the system's Python, which has Samba's modules.

    directory_seed.py SMB_CONF NUMBER_OF_USERS

The users are written without a server, many in one transaction: so 100,000 take minutes, not hours.
"""

import logging
import sys
from pathlib import Path

import population
from samba.auth import system_session
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.param import LoadParm
from samba.provision import provision
from samba.samdb import SamDB

_IN_ONE_TRANSACTION = 2000


def main() -> None:
    settings, count = sys.argv[1], int(sys.argv[2])
    provision(
        logging.getLogger("provision"),
        system_session(),
        smbconf=settings,
        realm=population.DOMAIN.upper(),
        domain=population.NETBIOS,
        hostname="dc1",
        hostip=population.ADDRESS,
        adminpass=population.ADMIN_PASSWORD,
        serverrole="active directory domain controller",
        dns_backend="NONE",
        dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
        skip_sysvolacl=True,
        backend_store="mdb",
        backend_store_size=4 << 30,
    )
    parameters = LoadParm()
    parameters.load(settings)
    database = SamDB(
        url=str(Path(settings).parents[1] / "private" / "sam.ldb"),
        session_info=system_session(),
        lp=parameters,
        options=["batch_mode:1"],
    )
    _structure(database, count)
    _users(database, count)


def _structure(database: SamDB, count: int) -> None:
    partitions = f"CN=Partitions,CN=Configuration,{population.BASE}"
    suffixes = "".join(f"uPNSuffixes: {suffix}\n" for suffix in population.SUFFIXES)
    database.modify_ldif(f"dn: {partitions}\nchangetype: modify\nadd: uPNSuffixes\n{suffixes}")
    for unit in dict.fromkeys(person.unit for person in population.people(count)):
        database.add({"dn": f"OU={unit},{population.BASE}", "objectClass": "organizationalUnit"})
    account, _, _ = population.READER.partition("@")
    database.add(
        {
            "dn": f"CN=Assess Reader,CN=Users,{population.BASE}",
            "objectClass": "user",
            "sAMAccountName": account,
            "userPrincipalName": population.READER,
            "userAccountControl": "66048",
            "unicodePwd": f'"{population.READER_PASSWORD}"'.encode("utf-16-le"),
        }
    )


def _users(database: SamDB, count: int) -> None:
    database.transaction_start()
    for person in population.people(count):
        if person.number and person.number % _IN_ONE_TRANSACTION == 0:
            database.transaction_commit()
            database.transaction_start()
        entry = {
            "dn": f"CN={person.account},OU={person.unit},{population.BASE}",
            "objectClass": "user",
            "sAMAccountName": person.account,
            "userAccountControl": "544" if person.enabled else "546",
            "mail": person.mail,
            "proxyAddresses": list(person.addresses),
            "mS-DS-ConsistencyGuid": person.anchor.bytes_le,
        }
        if person.upn is not None:
            entry["userPrincipalName"] = person.upn
        database.add(entry)
    database.transaction_commit()


main()
