"""The long lists behind findings (users, above all), streamed from their tables into sheets."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from openpyxl.workbook import Workbook

from assess.language import WordList, lookup, msg, tr
from assess.reporters.view import View
from assess.reporters.workbook.cells import (
    LONGEST,
    MOST_ROWS,
    Column,
    cell,
    make_table,
    new_sheet,
    titled,
)
from assess.results import clean

_LONGEST_HEAD = 200
_BROKEN = msg("(this row of evidence.zip cannot be read)")
_WIDTHS = {"user": 40, "found": 40, "proposed": 40, "rule": 48, "finding": 44}
# The columns of the tables that the shipped checks make.
_HEADS = WordList(
    (
        "finding", "user", "found", "proposed", "rule", "reason", "enrols", "source", "dn",
        "device", "name", "serial", "property", "value", "category", "usage_location",
    ),
    msg(
        "finding | user | found | proposed | rule | reason | enrols | source | dn | device | "
        "name | serial | property | value | category | usage_location"
    ),
)  # fmt: skip


class _Group:
    """Tables with the same columns: one sheet, or several where one is full."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.tables: list[tuple[str, Path]] = []


def add_lists(book: Workbook, view: View, tables: Path, confidential: str) -> None:
    """A sheet for each kind of list; nothing where the tables are not at hand."""
    groups: dict[tuple[str, ...], _Group] = {}
    for one in view.tables:
        path = tables / f"{one.name}.ndjson"
        columns = _columns(path)
        if columns:
            groups.setdefault(columns, _Group(columns)).tables.append((one.finding, path))
    for number, group in enumerate(groups.values(), start=1):
        title, own = f"List {number}", tr("List {number}", number=number)
        if "user" in group.columns and number == 1:
            title, own = "Users", tr("Users")
        _write(book, title, titled(own), group, confidential)


def _columns(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    with path.open("rb") as file:
        line = file.readline()
    try:
        return tuple(msgspec.json.decode(line, type=dict[str, Any])) if line else ()
    except msgspec.DecodeError:
        return (lookup(_BROKEN),)


def _write(book: Workbook, title: str, own: str, group: _Group, confidential: str) -> None:
    """``title`` names the tables, ``own`` the sheets, in the language in force."""
    columns = [Column(name, _WIDTHS.get(name, 24)) for name in _heads(group.columns)]
    rows = _rows(group)
    part, more = 1, next(rows, None)
    while more is not None:
        ending = "" if part == 1 else f" {part}"
        sheet = new_sheet(book, f"{own}{ending}", columns, confidential)
        count = 0
        while more is not None and count < MOST_ROWS:
            # No wrap, no border, no rule: this is the sheet that may hold a million rows.
            sheet.append([_plain(sheet, value) for value in more])
            count += 1
            more = next(rows, None)
        make_table(sheet, f"{title}{ending}List".replace(" ", ""), columns, count)
        part += 1


def _heads(names: Sequence[str]) -> list[str]:
    """The heads of the columns as a table can bear them: not empty, on one line, each once."""
    heads = [_HEADS["finding"]]
    for number, name in enumerate(names, start=1):
        said = " ".join(clean(_HEADS.get(name, name))[:_LONGEST_HEAD].split())
        head = stem = said or tr("column {number}", number=number)
        again = 2
        while head.casefold() in {other.casefold() for other in heads}:
            head, again = f"{stem} {again}", again + 1
        heads.append(head)
    return heads


def _plain(sheet: Any, value: object) -> object:  # noqa: ANN401 - untyped library
    """A value as cheaply as it is safe: a text that Excel could take for more needs a cell.

    That is one that begins like a formula or an error, is too long, or holds what no cell may.
    """
    if (
        isinstance(value, str)
        and value[:1] not in "=+-@#"
        and value.isprintable()
        and len(value) <= LONGEST // 2  # signs beyond the basic plane count twice
    ):
        return value
    return cell(sheet, value)


def _rows(group: _Group) -> Iterator[Sequence[object]]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    for finding, path in group.tables:
        with path.open("rb") as file:
            for line in file:
                try:
                    row = decode(line)
                except msgspec.DecodeError:  # a file that is not ours any more
                    row = {group.columns[0]: lookup(_BROKEN)}
                yield [finding, *(row.get(name) for name in group.columns)]
