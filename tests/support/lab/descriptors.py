"""Security descriptors from text and back, by Samba's own library: what the parser is held against."""

import base64

from lab.process import run
from lab.samba import SYSTEM_PYTHON

_MAKE = """
import base64, sys
from samba.dcerpc import security
from samba.ndr import ndr_pack
sid = security.dom_sid(sys.argv[1])
print(base64.b64encode(ndr_pack(security.descriptor.from_sddl(sys.argv[2], sid))).decode())
"""
_ENTRIES = """
import base64, sys, json
from samba.dcerpc import security
from samba.ndr import ndr_unpack
found = ndr_unpack(security.descriptor, base64.b64decode(sys.argv[1]))
said = []
for ace in found.dacl.aces:
    flags = getattr(ace.object, "flags", 0) if ace.type in (5, 6) else 0
    said.append([ace.type, ace.flags, str(ace.trustee), ace.access_mask, str(ace.object.type) if flags & 1 else ""])
print(json.dumps([str(found.owner_sid), said]))
"""


def descriptor(sddl: str, domain_sid: str) -> bytes:
    """The octets of a descriptor in the language of the directory's own tools."""
    return base64.b64decode(run([SYSTEM_PYTHON, "-c", _MAKE, domain_sid, sddl]))


def entries(octets: bytes) -> bytes:
    """JSON: owner, and type, flags, SID, mask and object type of each entry, as Samba reads them."""
    return run([SYSTEM_PYTHON, "-c", _ENTRIES, base64.b64encode(octets).decode()])
