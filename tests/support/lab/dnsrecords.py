"""Records and properties of zones as the directory keeps them, written by Samba's own library."""

import base64
import json
from collections.abc import Mapping, Sequence

from lab.process import run
from lab.samba import SYSTEM_PYTHON

_MAKE = """
import base64, json, sys
from samba.dcerpc import dnsp
from samba.ndr import ndr_pack

def soa(value):
    made = dnsp.soa()
    made.mname, made.rname, made.serial = value, "hostmaster." + value, 7
    return made

MAKE = {
    "A": (dnsp.DNS_TYPE_A, str), "AAAA": (dnsp.DNS_TYPE_AAAA, str), "CNAME": (dnsp.DNS_TYPE_CNAME, str),
    "NS": (dnsp.DNS_TYPE_NS, str), "SOA": (dnsp.DNS_TYPE_SOA, soa),
}

def record(kind, value):
    made = dnsp.DnssrvRpcRecord()
    made.wType, make = MAKE[kind]
    made.rank, made.dwTtlSeconds, made.data = dnsp.DNS_RANK_ZONE, 900, make(value)
    return ndr_pack(made)

def zone(kind):
    made = dnsp.DnsProperty()
    made.id, made.data, made.wDataLength, made.version, made.namelength = dnsp.DSPROPERTY_ZONE_TYPE, kind, 4, 1, 0
    return ndr_pack(made)

asked = json.load(sys.stdin)
print(json.dumps({
    "nodes": {name: [base64.b64encode(record(*one)).decode() for one in listed] for name, listed in asked["nodes"].items()},
    "property": base64.b64encode(zone(asked["type"])).decode(),
}))
"""


def zone(nodes: Mapping[str, Sequence[tuple[str, str]]], *, kind: int = 1) -> tuple[bytes, dict[str, list[bytes]]]:
    """The property that says of which kind a zone is (1: primary, 4: forwarder), and each name's records."""
    asked = json.dumps({"nodes": {name: list(listed) for name, listed in nodes.items()}, "type": kind})
    made = json.loads(run([SYSTEM_PYTHON, "-c", _MAKE], stdin=asked.encode()))
    records = {name: [base64.b64decode(one) for one in listed] for name, listed in made["nodes"].items()}
    return base64.b64decode(made["property"]), records
