"""Imports what every run needs, once, before the processes of the runs are forked from it.

Nothing here reads an engagement, opens a connection or starts a thread.
"""

import importlib
from contextlib import suppress

from assess.discover import library
from assess.sources import WAYS

with suppress(Exception):  # what cannot be imported is told by each run itself
    library()
    for way in WAYS:
        importlib.import_module(way.module)
    for name in ("assess.commands.fleet_member", "assess.reporters.workbook.overtime"):
        importlib.import_module(name)
