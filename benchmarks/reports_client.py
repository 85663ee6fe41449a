"""One writing of many rows, in a process of its own: seconds, and megabytes beyond its start."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from openpyxl.workbook import Workbook

import samples
from assess.reporters.workbook.write import write_workbook
from assess.results import TableOf
from benchmarks.timing import peak_mb

COLUMNS = (
    "user", "found", "proposed", "rule", "department", "company", "office", "source", "created",
    "enabled", "licences", "changed",
)  # fmt: skip


def rows(number: int) -> Iterator[dict[str, object]]:
    """Users as a check lists them; every tenth has a text that begins like a formula."""
    for place in range(number):
        yield {
            "user": f"user{place}@corp.contoso.local",
            "found": f"user{place}@corp.contoso.local",
            "proposed": f"user{place}@contoso.com",
            "rule": "the suffix is not public",
            "department": "=HYPERLINK(1)" if place % 10 == 0 else "Sales & Service",
            "company": "Contoso Ltd",
            "office": "München",
            "source": "OU=Staff,DC=corp,DC=contoso,DC=local",
            "created": "2026-11-20T21:10:00Z",
            "enabled": True,
            "licences": place % 7,
            "changed": place * 0.5,
        }


def ours(folder: Path, number: int) -> None:
    results = samples.sample(100)
    finding = results.findings[0].id
    results = msgspec.structs.replace(results, tables=(TableOf("users", finding, number),))
    write_workbook(results, samples.catalogue(), folder, folder / "report.xlsx")


def bare(folder: Path, _number: int) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Users")
    sheet.append(["finding", *COLUMNS])
    for line in (folder / "users.ndjson").open("rb"):
        sheet.append(["identity.upn-suffix-public", *msgspec.json.decode(line).values()])
    book.save(folder / "report.xlsx")


def main(kind: str, number: int) -> None:
    """Print what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "users.ndjson").open("wb") as file:
            for row in rows(number):
                file.write(msgspec.json.encode(row) + b"\n")
        samples.catalogue()
        before, begin = peak_mb(), time.perf_counter()
        {"ours": ours, "bare": bare}[kind](folder, number)
        seconds = time.perf_counter() - begin
        size = (folder / "report.xlsx").stat().st_size
    print(json.dumps({"seconds": seconds, "megabytes": peak_mb() - before, "size": size}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
