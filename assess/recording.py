"""A recording: what was asked, of whom, when, and the answer or the refusal. And its evidence.zip.

The file holds ``recording.json`` and ``tables/<name>.ndjson``. It has no field for a secret.
Reading one back gives an equal recording; several are merged, since what the laptop cannot see the
site server can.
"""

import re
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

import msgspec

from assess.engagement import Engagement
from assess.errors import EngagementError, RecordingError, Unavailable
from assess.evidence import UNANSWERED, Ask, Note, encode_table, table_reader
from assess.files import whole
from assess.language import tr

FORMAT = 1
# What older versions must not read: they would take pseudonyms for names.
_VEILED = 2
_TABLE = re.compile(r"tables/([a-z0-9][a-z0-9._-]{0,150})\.ndjson")
_LARGEST = 8 << 30  # bytes of one member; more is not evidence but an attack on the disk


# What stands for the answer where there is a refusal instead.
NOTHING = msgspec.Raw(b"null")


class Refusal(msgspec.Struct, frozen=True):
    """Why there is no answer. ``skipped``: the source is not set up in the engagement file."""

    reason: str
    mend: str = ""
    key: str = ""
    skipped: bool = False


class PassedOver(msgspec.Struct, frozen=True):
    """A source that was asked and refused, where another way to the answer was tried after it."""

    source: str
    refusal: Refusal

    def note(self, read_at: datetime) -> Note:
        """Why the answer comes from elsewhere, for the reader of a finding."""
        said = tr("not set up") if self.refusal.skipped else self.refusal.reason
        return Note(tr("{source}, asked first", source=self.source), said, read_at)


class Record(msgspec.Struct, frozen=True):
    """One question and what came of it. Times are aware, UTC; ``seconds`` is how long it took.

    ``source`` is who answered; ``passed_over`` are those that refused, besides it. ``veiled``:
    pseudonyms stand in it for names.
    """

    ask: str
    source: str
    described: str
    asked_at: datetime
    read_at: datetime
    seconds: float = 0.0
    requests: int = 0
    notes: tuple[Note, ...] = ()
    answer: msgspec.Raw = NOTHING
    refusal: Refusal | None = None
    passed_over: tuple[PassedOver, ...] = ()
    veiled: bool = False


class Veil(msgspec.Struct, frozen=True):
    """What of a recording stands for something else: its privacy level, and whose pseudonyms.

    ``keys``: keys of the engagement file, and attestations, that were changed. ``proven``:
    requirement to the scenarios in which it was seen to be decided as from the names themselves,
    by ``tool``; None while that is being tried.
    """

    level: Literal["pseudonymised", "summary"]
    pseudonyms: str
    keys: tuple[str, ...] = ()
    proven: dict[str, tuple[str, ...]] | None = None
    tool: str = ""

    def believes(self, requirement: str, scenario: str, tool: str) -> bool:
        """A check that read veiled evidence decides as it would from the evidence itself."""
        if self.proven is None:
            return True
        return self.tool == tool and scenario in self.proven.get(requirement, ())


class _Written(msgspec.Struct):
    format: int
    tool: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    engagement: dict[str, Any]
    records: list[Record]
    veil: Veil | None = None


class Recording:
    """The evidence of one run, and the engagement that it belongs to.

    ``tables`` is the folder with the long lists; it lives as long as the recording.
    """

    def __init__(
        self,
        engagement: Engagement,
        *,
        as_of: datetime,
        started_at: datetime,
        finished_at: datetime,
        records: Iterable[Record] = (),
        tables: Path | None = None,
        veil: Veil | None = None,
    ) -> None:
        self.engagement = engagement
        self.veil = veil
        self.as_of = as_of
        self.started_at = started_at
        self.finished_at = finished_at
        self.records = {record.ask: record for record in records}
        self.tables = tables or Path(tempfile.mkdtemp(prefix="assess-"))
        self._own = None
        if tables is None:  # gone with the recording, even where nobody closes it
            self._own = weakref.finalize(self, _remove, self.tables)

    def close(self) -> None:
        """Remove the folder of tables, if it was this recording's own."""
        if self._own is not None:
            self._own()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, record: Record) -> None:
        """Keep what came of a question."""
        self.records[record.ask] = record

    # -- what a bound question may look at (evidence.Known) --

    def key(self, name: str) -> Any:  # noqa: ANN401 - a value of the engagement file
        """The value of a key of the engagement file; raises Unavailable."""
        return self.engagement.key(name)

    def answer(self, ask: Ask) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer to a question; raises Unavailable where it was refused or never asked."""
        return self.decode(ask, self.record(ask.bind(self)))

    def record(self, bound: Ask) -> Record:
        """What came of a bound question; raises Unavailable where it was never asked."""
        record = self.records.get(bound.key)
        if record is None:
            raise Unavailable(
                tr("{question} was not asked in this recording", question=bound.describe()),
                tr("Collect again with this version and these scenarios."),
            )
        return record

    def decode(self, ask: Ask, record: Record) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The typed answer in a record; raises Unavailable where there is none, or a broken one."""
        if record.refusal is not None:
            refusal = record.refusal
            raise Unavailable(
                refusal.reason, refusal.mend, key=refusal.key, skipped=refusal.skipped
            )
        try:
            return msgspec.json.decode(
                record.answer, type=ask.answer, dec_hook=table_reader(self.tables)
            )
        except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(
                tr(
                    "what is recorded for {question} cannot be read: {error}",
                    question=record.described,
                    error=error,
                ),
                tr("Collect again with this version."),
            ) from error


def _remove(folder: Path) -> None:
    """Remove a folder that threads may still write into: they find it gone for the next file."""
    gone = folder.with_name(f"{folder.name}.gone")
    try:
        folder.rename(gone)
    except OSError:  # an open file forbids it on Windows
        gone = folder
    shutil.rmtree(gone, ignore_errors=True)


def encode_answer(value: object) -> msgspec.Raw:
    """An answer as it is kept in a record."""
    return msgspec.Raw(msgspec.json.encode(value, enc_hook=encode_table))


def write(recording: Recording, path: Path, *, tool: str) -> None:
    """Write evidence.zip, whole or not at all."""
    written = _Written(
        FORMAT if recording.veil is None else _VEILED,
        tool,
        recording.as_of,
        recording.started_at,
        recording.finished_at,
        recording.engagement.public(),
        list(recording.records.values()),
        recording.veil,
    )
    with (
        whole(path) as draft,
        zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as file,
    ):
        file.writestr("recording.json", msgspec.json.encode(written))
        for table in sorted(recording.tables.glob("*.ndjson")):
            file.write(table, f"tables/{table.name}")


def read(path: Path) -> Recording:
    """Read evidence.zip back. Raises RecordingError, saying what is wrong with the file."""
    try:
        with zipfile.ZipFile(path) as file:
            written = msgspec.json.decode(_member(file, "recording.json"), type=_Written)
            if written.format != (FORMAT if written.veil is None else _VEILED):
                raise RecordingError(f"{path} was written by a newer version ({written.tool})")
            engagement = Engagement.from_public(written.engagement)
            recording = Recording(
                engagement,
                as_of=written.as_of,
                started_at=written.started_at,
                finished_at=written.finished_at,
                records=written.records,
                veil=written.veil,
            )
            _unpack(file, recording.tables)
    except (OSError, zipfile.BadZipFile, KeyError, EngagementError, msgspec.MsgspecError) as error:
        raise RecordingError(
            f"{path} is not an evidence file of this tool: {error}. `assess collect` writes one."
        ) from error
    return recording


def _member(file: zipfile.ZipFile, name: str) -> bytes:
    if file.getinfo(name).file_size > 1 << 30:
        raise RecordingError(f"{name} is larger than an evidence file can be")
    return file.read(name)


def _unpack(file: zipfile.ZipFile, folder: Path) -> None:
    """Only members with the name of a table, under a name made here: no path of the archive's."""
    for member in file.infolist():
        name = _TABLE.fullmatch(member.filename)
        if name is None or member.file_size > _LARGEST:
            continue
        with file.open(member) as source, (folder / f"{name[1]}.ndjson").open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)


def merge(recordings: list[Recording]) -> Recording:
    """One recording out of several of the same engagement.

    An answer beats a refusal, also part by part (a name, a host, a forest); of two answers the
    later one counts. The moment judged from is the latest. Raises RecordingError where the
    recordings are of different engagements.
    """
    first, *others = sorted(recordings, key=lambda recording: recording.as_of)
    for other in others:
        if other.engagement.name != first.engagement.name:
            raise RecordingError(
                f"{first.engagement.name} and {other.engagement.name} are different engagements"
            )
    merged = Recording(
        veil=_one_veil([first, *others]),
        engagement=others[-1].engagement if others else first.engagement,
        as_of=max(recording.as_of for recording in recordings),
        started_at=min(recording.started_at for recording in recordings),
        finished_at=max(recording.finished_at for recording in recordings),
    )
    for recording in (first, *others):
        for record in recording.records.values():
            before = merged.records.get(record.ask)
            if before is None or before.refusal is not None or record.refusal is None:
                merged.add(_completed(record, before))
                for table in _tables_of(record):
                    source = recording.tables / f"{table}.ndjson"
                    if source.is_file():
                        shutil.copyfile(source, merged.tables / source.name)
    return merged


def _one_veil(recordings: list[Recording]) -> Veil | None:
    """The veil of a merged recording. What was proven of each is not proven of all together."""
    veils = [one.veil for one in recordings if one.veil is not None]
    if not veils:
        return None
    if len(veils) < len(recordings) or len({(v.level, v.pseudonyms) for v in veils}) > 1:
        raise RecordingError(
            "these evidence files show names in different ways (full, or with other pseudonyms), "
            "so nobody can say who is who. Collect them with the same [report] privacy and key"
        )
    keys = tuple(sorted({key for veil in veils for key in veil.keys}))
    proven = veils[0].proven if len(veils) == 1 else {}
    return msgspec.structs.replace(veils[0], keys=keys, proven=proven)


def _completed(later: Record, earlier: Record | None) -> Record:
    """The later record, with what only the earlier one saw in the place of "no answer"."""
    if earlier is None or earlier.refusal is not None or later.refusal is not None:
        return later
    old, new = msgspec.json.decode(earlier.answer), msgspec.json.decode(later.answer)
    both = _parts(old, new)
    if both == new:
        return later
    answer = msgspec.Raw(msgspec.json.encode(both))
    notes = tuple(dict.fromkeys((*earlier.notes, *later.notes)))
    veiled = earlier.veiled or later.veiled
    return msgspec.structs.replace(later, answer=answer, notes=notes, veiled=veiled)


def _parts(old: Any, new: Any) -> Any:  # noqa: ANN401 - any JSON value
    """``new``, each part that nobody answered for taken from ``old`` where that knows better."""
    if isinstance(new, dict) and isinstance(old, dict):
        if new.get("type") in UNANSWERED and old.get("type") not in UNANSWERED:
            return old
        if "type" in new or "table" in new:
            return new
        return {name: _parts(old.get(name), value) for name, value in new.items()}
    if isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        return [_parts(*pair) for pair in zip(old, new, strict=True)]
    return new


def _tables_of(record: Record) -> list[str]:
    """The names of the tables that an answer refers to."""
    return re.findall(r'"table":\s*"([a-z0-9][a-z0-9._-]*)"', bytes(record.answer).decode())
