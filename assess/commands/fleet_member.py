"""One engagement of a fleet, in this process: the task lies in the folder of the command line.

What came of it is written beside it, whole or not at all.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from assess import files
from assess.commands.run import Asked, alone
from assess.engagement import load
from assess.errors import AssessError, EngagementError, HistoryError, RecordingError
from assess.exits import INTERRUPTED, OWN_FAULT, WRONG_INPUT
from assess.fleet.crew import OUTCOME, TASK
from assess.fleet.overview import failed, member_of
from assess.fleet.shapes import Member, Task
from assess.results import Results


def main(folder: Path) -> None:
    """Run the task of a folder, and write what came of it.

    Temporary files lie there too, so that they go with it even if this process is killed.
    """
    tempfile.tempdir = str(folder)
    task = msgspec.json.decode((folder / TASK).read_bytes(), type=Task)
    files.write(folder / OUTCOME, msgspec.json.encode(perform(task)))


def perform(task: Task) -> Member:
    """Run one engagement; what came of it, whatever that is."""
    file = Path(task.file)
    name = customer = file.stem
    seen: list[tuple[Results, Path, Sequence[str]]] = []
    with suppress(EngagementError):  # told by the run itself
        engagement = load(file)
        name, customer = engagement.name, engagement.customer
    try:
        asked = Asked(Path(task.output), task.formats, fail_on=task.fail_on)
        code = alone(file, asked, task.privacy, seen=lambda *all_of_it: seen.append(all_of_it))
    except (EngagementError, HistoryError, RecordingError) as error:
        return failed(task.file, name, customer, WRONG_INPUT, str(error))
    except AssessError as error:
        return failed(task.file, name, customer, OWN_FAULT, str(error))
    except Exception as error:  # noqa: BLE001 - one customer's trouble is not another's
        why = f"a fault of the tool itself: {type(error).__name__}"
        return failed(task.file, name, customer, OWN_FAULT, why)
    if not seen:
        return failed(task.file, name, customer, OWN_FAULT, "it ended without results")
    found, folder, said = seen[-1]
    written = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    return member_of(found, task.file, folder.name, code, written, said)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)  # threads that wait for a silent source would hold up the end
