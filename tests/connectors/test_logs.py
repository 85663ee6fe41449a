"""Collected logs: every format, encoding and file name, folders and ZIPs, hostile ones too."""

import os
import struct
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.collect import collect, questions
from assess.connectors import Visit, log_files, log_scan
from assess.connectors import logs as connector
from assess.connectors.log_records import moment, stamp_of
from assess.connectors.log_scan import as_bytes, quotable, scan
from assess.connectors.logs import LogConnector, connect
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence.dns import Cname
from assess.evidence.logs import (
    ANSWERED,
    ERROR,
    INSTALLATION,
    NOT_BUILT,
    PUBLISHED,
    CloudMgr,
    CloudUserSync,
    EntraDiscovery,
    Line,
    LogCopy,
    Logs,
    Mark,
    ProxyConnectorLog,
    Sitecomp,
)
from assess.recording import Recording, read, write
from checks.logs import azuread_discovery
from logwriter import newer, older

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
GOOD = "Successfully published UDX for Azure Active Directory users"
BAD = "Could not obtain application secret for tenant 11111111-2222-4333-8444-555555555555."
MARKS = EntraDiscovery.marks
ASK = EntraDiscovery("logs")


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def visit(tmp_path: Path) -> Visit:
    nothing: Any = None
    return Visit(known=nothing, clock=lambda: NOW, tables=tmp_path)


def scanned(data: bytes, marks: Any = MARKS, size: int = 1 << 20, code_page: str = "cp1252") -> log_scan.Scan:
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return scan(parts, marks, "x.log", code_page)


# -- formats -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [newer, older])
@pytest.mark.parametrize(("bias", "clock"), [(480, 10), (-60, 19), (0, 18), (-330, 23)])
def test_utc_is_the_clock_plus_the_bias(written, bias, clock):
    at = datetime(2026, 11, 18, 18, 0, 0, 123000, tzinfo=UTC)
    text = written(GOOD, at, bias=bias)
    assert f"{clock:02}:" in text
    [line] = scanned(text.encode()).lines
    assert (line.kind, line.at, line.exact) == (PUBLISHED, at, True)
    assert line.said == GOOD


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("11-20-2026", "13:58:49.123+300", "2026-11-20T18:58:49.123000+00:00"),
        ("1-2-2026", "3:4:5.1-60", "2026-01-02T02:04:05.100000+00:00"),
        ("11-20-2026", "13:58:49.1234567+480", "2026-11-20T21:58:49.123456+00:00"),
        ("12-31-2026", "23:30:00.000+060", "2027-01-01T00:30:00+00:00"),
    ],
)
def test_moments(date, time, expected):
    assert moment(date, time) == (datetime.fromisoformat(expected), True)


@pytest.mark.parametrize(
    ("date", "time"),
    [("20-11-2026", "10:00:00+0"), ("11-20-2026", "25:00:00+0"), ("", ""), ("01-01-0001", "00:00:00.000-600"),
     ("11-20-2026", "١٠:00:00+0"), ("12-31-9999", "23:59:59+600")],
)  # fmt: skip
def test_what_is_no_moment(date, time):
    assert moment(date, time).at is None


def test_without_a_bias_the_earliest_moment_counts():
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    [line] = scanned(newer(GOOD, at, bias=None).encode()).lines
    assert (line.at, line.exact) == (at - timedelta(hours=14), False)
    assert "or up to a day later" in line.quoted
    assert moment("11-20-2026", "12:00:00+9999").exact is False


def test_the_oldest_way_of_writing_a_date():
    text = "$$<SMS_SITE_COMPONENT_MANAGER>\n<Fri Mar 26 10:43:41.547 1999 Eastern Standard Time><thread=281 (0x119)>"
    stamp = stamp_of(text)
    assert stamp.at == datetime(1999, 3, 25, 20, 43, 41, 547000, tzinfo=UTC)
    assert not stamp.exact
    assert stamp_of("$$<X><Fri Foo 26 10:43:41.547 1999 UTC>").at is None


def test_a_message_of_several_lines_and_plain_lines_between():
    text = (
        "a line without a time\r\n"
        + newer(f"{GOOD}\r\nand more\r\n  of it", ago(hours=3))
        + "another plain line\n"
        + older("ERROR: first part~~ second part", ago(hours=2))
        + "[" + newer("nothing", ago(hours=1))
    )  # fmt: skip
    found = scanned(text.encode())
    assert [line.said for line in found.lines] == [f"{GOOD} and more of it", "ERROR: first part second part"]
    assert found.first.at is not None
    assert abs(found.first.at - ago(hours=3)) < timedelta(seconds=1)
    assert found.last.at is not None
    assert abs(found.last.at - ago(hours=1)) < timedelta(seconds=1)


def test_an_error_by_its_type_counts():
    text = newer("something went wrong", ago(hours=1), kind=3) + newer("something else", ago(hours=1), kind=2)
    assert [(line.kind, line.said) for line in scanned(text.encode()).lines] == [(ERROR, "something went wrong")]


def test_what_a_message_contains_does_not_make_it_another():
    fake = f"user said: {GOOD}"
    inside = newer(f"user said: ]LOG]!> {GOOD}", ago(hours=1))
    assert scanned((newer(fake, ago(hours=1)) + inside + older(fake, ago(hours=1))).encode()).lines == []


def test_the_truncated_last_line_is_kept_without_a_time():
    text = newer(GOOD, ago(hours=2)) + newer(BAD, ago(hours=1))[:60]
    first, last = scanned(text.encode()).lines
    assert (first.kind, last.kind, last.at) == (PUBLISHED, ERROR, None)
    assert "unknown time" in last.quoted


def test_nul_bytes_are_padding():
    text = newer(GOOD, ago(hours=2)).encode() + b"\0" * 5_000_000 + newer(BAD, ago(hours=1)).encode() + b"\0" * 4096
    found = scanned(text)
    assert [line.kind for line in found.lines] == [PUBLISHED, ERROR]
    assert not found.skipped


def test_what_is_no_log_at_all_is_said():
    assert scanned(b"x" * 6_000_000).skipped
    assert scanned(b"").lines == []
    assert scanned(b"]LOG]!>$$<\n$$<\n<![LOG[\n" * 100).lines == []


# -- encodings -----------------------------------------------------------------------------------------

UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]


def encoded(text: str, encoding: str) -> bytes:
    mark = "\ufeff" if encoding == "utf-16-be" and text.startswith("<") else ""
    return (mark + text).encode(encoding)


@pytest.mark.parametrize("size", [3, 1000, 1 << 20])
@pytest.mark.parametrize("encoding", UNICODE)
def test_unicode(encoding, size):
    text = newer("Failed to add user jörg@contoso.com; reason UserNotFound", ago(hours=2)) + older("x", ago(hours=1))
    [line] = scanned(encoded(text, encoding), CloudUserSync.marks, size).lines
    assert line.values == {"user": "jörg@contoso.com", "reason": "UserNotFound"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(encoding):
    text = older("Failed to add user żółć@contoso.com; reason UserNotFound", ago(hours=2))
    [line] = scanned(text.encode(encoding), CloudUserSync.marks).lines
    assert line.value("user") == "żółć@contoso.com"


@pytest.mark.parametrize(
    ("code_page", "name"), [("cp1252", "jörg"), ("cp1250", "żółć"), ("cp1251", "иван"), ("cp932", "ソフト")]
)
def test_the_code_page_of_the_server(code_page, name):
    text = older(f"Failed to add user {name}@contoso.com; reason UserNotFound", ago(hours=2))
    [line] = scanned(text.encode(code_page), CloudUserSync.marks, code_page=code_page).lines
    assert line.value("user") == f"{name}@contoso.com"


def test_bytes_that_are_no_text_at_all():
    text = b"\xff\xfe" + newer(GOOD, ago(hours=1)).encode()  # the mark of UTF-16 before something else
    assert scanned(text).lines == []
    assert b"".join(as_bytes([b""])) == b""


MESSAGE = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="~$<>[]!"), min_size=0, max_size=60
).map(lambda text: " ".join(text.split()))
MOMENTS = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 - made aware here
    lambda at: at.replace(tzinfo=UTC, microsecond=at.microsecond // 1000 * 1000)
)
ANY = (Mark("any", ("marker",), r"marker (?P<number>\d+) ?(?P<rest>.*)", keep=1000),)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(MESSAGE, MOMENTS, st.integers(-840, 840), st.sampled_from([newer, older])), max_size=12),
    st.sampled_from(UNICODE),
    st.sampled_from([7, 64, 4096, 1 << 20]),
)
def test_what_is_written_is_read(entries, encoding, size):
    text = "".join(
        written(f"marker {number} {message}", at, bias=bias)
        for number, (message, at, bias, written) in enumerate(entries)
    )
    text = text if encoding.startswith("utf-16") is False or entries else "<"
    lines = scanned(encoded(text, encoding), ANY, size).lines
    assert [int(line.value("number")) for line in lines] == list(range(len(entries)))
    for line, (message, at, _, _) in zip(lines, entries, strict=True):
        assert line.at == at
        assert line.value("rest").split() == " ".join(log_scan.plain(message).split()).split()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000), st.integers(1, 500))
def test_no_bytes_break_the_reader(data, size):
    scanned(data, MARKS, size)
    scanned(b"<![LOG[error: " + data + b"\n", MARKS, size)


STATES = st.lists(st.sampled_from([GOOD, BAD, "nothing of interest"]), min_size=1, max_size=8)


@settings(max_examples=80, deadline=None)
@given(STATES, st.sampled_from([newer, older]), st.floats(0, 1))
def test_a_cut_off_log_never_passes_but_by_its_last_line(states, written, share):
    parts = [written(one, ago(hours=len(states) - n)).encode() for n, one in enumerate(states)]
    whole = b"".join(parts)
    cut = whole[: int(len(whole) * share)]
    before, after = (_verdict(data) for data in (whole, cut))
    if after == "Pass" and before != "Pass":
        there = [one for n, one in enumerate(states) if len(b"".join(parts[:n])) + 7 + len(one) <= len(cut)]
        assert [one for one in there if one != "nothing of interest"][-1] == GOOD


def _verdict(data: bytes) -> str:
    found = scanned(data)
    copy = LogCopy("", ("x.log",), found.first.at, found.last.at, tuple(found.lines))
    outcomes = list(azuread_discovery(Logs("x", (copy,)), NOW))
    return type(outcomes[0]).__name__


def test_only_the_last_lines_are_kept():
    text = "".join(older(GOOD, ago(minutes=1000 - n)) for n in range(900)) + older(BAD, ago(minutes=1))
    lines = scanned(text.encode(), size=4096).lines
    assert len(lines) == 11
    assert lines[-1].kind == ERROR
    assert [line.at for line in lines] == sorted(line.at for line in lines if line.at is not None)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GET https://x.blob.test/a?sv=1&sig=abc%2Fdef&se=2 done", "GET https://x.blob.test/a?sv=1&sig=…&se=2 done"),
        ("Authorization: Bearer abcdef123456.x", "Authorization: Bearer …"),
        ("token eyJ0eXAiOiJKV1QiLCJhbGciOi.eyJhdWQi.c2ln end", "token … end"),
        ("password=hunter22;x", "password=…;x"),
        ("ClientSecret: x", "ClientSecret: x"),
        ("x" * 1000, "x" * 280 + "…"),
    ],
)
def test_quotes_hold_no_secret(said, shown):
    assert quotable(said) == shown


# -- where logs lie ------------------------------------------------------------------------------------


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def fetched(path: Path, tmp_path: Path, ask: Any = ASK) -> Logs:
    return LogConnector(path).fetch(ask, visit(tmp_path))


def test_rollover_files_are_one_log(tmp_path):
    folder = tmp_path / "logs"
    name = "SMS_AZUREAD_DISCOVERY_AGENT"
    put(folder, f"{name}.log", older(GOOD, ago(hours=1)))
    put(folder, f"{name.lower()}.lo_", older(BAD, ago(hours=9)))
    put(folder, f"{name}-20261118-010203.log", older(GOOD, ago(hours=50)))
    put(folder, f"{name}-20261117-010203.log", older(BAD, ago(hours=80)))
    put(folder, f"{name}_OTHER.log", older(BAD, ago(minutes=1)))
    [copy] = fetched(folder, tmp_path).copies
    assert [line.kind for line in copy.lines] == [ERROR, PUBLISHED, ERROR, PUBLISHED]
    assert copy.files[0] == f"{name}-20261117-010203.log"
    assert copy.files[-1] == f"{name}.log"
    assert copy.first == ago(hours=80)
    assert copy.last == ago(hours=1)


def test_a_new_file_without_a_time_comes_last(tmp_path):
    put(tmp_path, "sitecomp.lo_", older("x", ago(hours=1)))
    put(tmp_path, "sitecomp.log", "STATMSG: ID=1016 SMS_DMP_UPLOADER")
    [copy] = fetched(tmp_path, tmp_path, Sitecomp("x")).copies
    assert copy.files == ("sitecomp.lo_", "sitecomp.log")
    assert copy.latest(INSTALLATION) is not None


def test_folders_are_computers(tmp_path):
    put(tmp_path, "MP01/SMS_Cloud_ProxyConnector.log", older("ResponseHeader: HTTP/1.1 200 OK", ago(hours=1)))
    put(tmp_path, "mp02.corp.contoso.com/Logs/SMS_Cloud_ProxyConnector.log",
        older("ERROR: Failed to build Tcp connection 1 with server x:10141", ago(hours=1)))  # fmt: skip
    found = fetched(tmp_path, tmp_path, ProxyConnectorLog("x"))
    [first] = found.of("mp01.corp.contoso.com")
    [second] = found.of("MP02")
    assert first.latest(ANSWERED) is not None
    assert second.latest(NOT_BUILT) is not None
    assert found.of("mp03") == ()


def test_what_is_not_there_says_what_to_send(tmp_path):
    put(tmp_path, "other.log", "x")
    with pytest.raises(Unavailable) as caught:
        fetched(tmp_path, tmp_path)
    assert caught.value.skipped
    assert "1 file was looked at" in caught.value.reason
    assert "SMS_AZUREAD_DISCOVERY_AGENT.lo_" in caught.value.mend


@pytest.mark.parametrize("kind", ["absent", "text", "not set"])
def test_no_folder_at_all(tmp_path, kind):
    path = {"absent": tmp_path / "none", "text": put(tmp_path, "a.log", "x"), "not set": None}[kind]
    one = LogConnector(path)
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            one.fetch(ASK, visit(tmp_path))
        assert caught.value.mend
        assert not caught.value.skipped
    with pytest.raises(Unavailable):
        one.probe(visit(tmp_path))


def test_links_and_pipes_are_not_read(tmp_path):
    folder = tmp_path / "logs"
    real = put(tmp_path, "elsewhere/sitecomp.log", older("STATMSG: ID=1015 SMS_DMP_UPLOADER", ago(hours=1)))
    folder.mkdir()
    (folder / "sitecomp.log").symlink_to(real)
    (folder / "sub").symlink_to(real.parent, target_is_directory=True)
    os.mkfifo(folder / "sitecomp.lo_")
    with pytest.raises(Unavailable):
        fetched(folder, tmp_path, Sitecomp("x"))


def test_a_file_that_may_not_be_read_is_a_gap(tmp_path, monkeypatch):
    put(tmp_path, "sitecomp.log", older("STATMSG: ID=1015 SMS_DMP_UPLOADER", ago(hours=1)))
    put(tmp_path, "sitecomp.lo_", "x")
    real = log_files._opener

    def refusing(path: Path) -> Any:
        def refuse() -> Any:
            raise PermissionError(13, "Permission denied")

        return refuse if path.suffix == ".lo_" else real(path)

    monkeypatch.setattr(log_files, "_opener", refusing)
    [copy] = fetched(tmp_path, tmp_path, Sitecomp("x")).copies
    assert copy.cut == "sitecomp.lo_: Permission denied"
    assert copy.latest(INSTALLATION) is not None


# -- ZIPs ----------------------------------------------------------------------------------------------

TEXT = older(GOOD, ago(hours=1))
NAME = "SMS_AZUREAD_DISCOVERY_AGENT.log"


def zipped(path: Path, *members: tuple[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_is_a_folder(tmp_path, method):
    path = zipped(tmp_path / "sent.zip", (f"cm01/Logs/{NAME}", TEXT), (f"cm02\\{NAME}", TEXT), method=method)
    found = fetched(path, tmp_path)
    assert [copy.place for copy in found.copies] == ["cm01/Logs", "cm02"]
    assert all(copy.latest(PUBLISHED) for copy in found.copies)


def test_a_zip_in_the_folder_is_a_computer(tmp_path):
    zipped(tmp_path / "logs" / "CM01.zip", (NAME, TEXT))
    put(tmp_path / "logs", "other.txt", "x")
    [copy] = fetched(tmp_path / "logs", tmp_path).of("cm01.corp.contoso.com")
    assert copy.place == "CM01"


def test_what_was_sent_twice_counts_once(tmp_path):
    text = older(BAD, ago(hours=3)) + older(BAD, ago(hours=2)) + older(GOOD, ago(hours=1))
    zipped(tmp_path / "logs" / "CM01.zip", (NAME, text))
    put(tmp_path / "logs", f"CM01/{NAME}", text)
    [copy] = fetched(tmp_path / "logs", tmp_path).copies
    assert [line.kind for line in copy.lines] == [ERROR, ERROR, PUBLISHED]


def test_no_path_of_an_archive_is_trusted(tmp_path):
    path = zipped(tmp_path / "sent.zip", (f"../../etc/{NAME}", TEXT), (f"/abs/{NAME}", TEXT), (f"C:\\a\\{NAME}", TEXT),
                  (f"x\x1b[31m\u202e/{NAME}", TEXT))  # fmt: skip
    before = sorted(tmp_path.rglob("*"))
    found = fetched(path, tmp_path)
    assert [copy.place for copy in found.copies] == ["a", "abs", "etc", "x [31m "]
    assert sorted(tmp_path.rglob("*")) == before


def test_an_encrypted_zip_says_so(tmp_path):
    path = zipped(tmp_path / "sent.zip", (NAME, TEXT))
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        struct.pack_into("<H", data, at + flags, 1)
    path.write_bytes(data)
    with pytest.raises(Unavailable, match="encrypted: send the ZIP without a password") as caught:
        fetched(path, tmp_path)
    assert not caught.value.skipped


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_that_may_take_all_memory_is_refused(tmp_path, method):
    path = zipped(tmp_path / "sent.zip", (NAME, TEXT), method=method)
    with pytest.raises(Unavailable, match="ordinary ZIP"):
        fetched(path, tmp_path)


def test_a_bomb_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(log_files, "LARGEST_MEMBER", 1 << 20)
    path = zipped(tmp_path / "sent.zip", (NAME, b"\0" * (8 << 20)))
    with pytest.raises(Unavailable, match="unpacked it is larger"):
        fetched(path, tmp_path)
    monkeypatch.setattr(log_files, "MOST", 3)
    many = zipped(tmp_path / "many.zip", *((f"{n}/{NAME}", TEXT) for n in range(5)))
    with pytest.raises(Unavailable, match="more than 3 files"):
        fetched(many, tmp_path)


def test_all_of_a_log_is_bounded_too(tmp_path, monkeypatch):
    monkeypatch.setattr(connector, "MOST_BYTES", 1 << 20)
    path = zipped(tmp_path / "sent.zip", *((f"{n}/{NAME}", TEXT * 6000) for n in range(4)))
    found = fetched(path, tmp_path)
    assert len(found.copies) + len(found.unread) == 4
    assert "there is more of this log" in found.unread[0]


def test_a_damaged_member_is_a_gap(tmp_path):
    path = zipped(tmp_path / "sent.zip", (f"a/{NAME}", os.urandom(200_000)), (f"b/{NAME}", TEXT))
    data = bytearray(path.read_bytes())
    data[5000:5100] = bytes(100)
    path.write_bytes(data)
    found = fetched(path, tmp_path)
    assert [copy.place for copy in found.copies] == ["b"]
    assert "damaged" in found.unread[0]


def test_a_truncated_or_false_zip_is_said(tmp_path):
    path = zipped(tmp_path / "sent.zip", (NAME, TEXT))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(Unavailable, match="neither a folder nor a ZIP"):
        fetched(path, tmp_path)
    put(tmp_path / "logs", "broken.zip", b"PK")
    put(tmp_path / "logs", "x.log", "x")
    with pytest.raises(Unavailable, match="no ZIP that can be read") as caught:
        fetched(tmp_path / "logs", tmp_path)
    assert not caught.value.skipped


def test_archives_in_archives_are_named(tmp_path):
    inner = zipped(tmp_path / "inner.zip", (NAME, TEXT))
    path = zipped(tmp_path / "sent.zip", ("cm01/inner.zip", inner.read_bytes()))
    with pytest.raises(Unavailable, match=r"not opened: cm01/inner\.zip"):
        fetched(path, tmp_path)


# -- the connector -------------------------------------------------------------------------------------


def test_notes_quote_the_last_lines(tmp_path):
    put(tmp_path / "logs", f"cm01/{NAME}", older(BAD, ago(hours=2)) + older(GOOD, ago(hours=1)))
    seen = visit(tmp_path)
    LogConnector(tmp_path / "logs").fetch(ASK, seen)
    assert [note.value for note in seen.notes] == ["covers 2026-11-20 19:10 to 2026-11-20 20:10 UTC", BAD, GOOD]
    assert {note.about for note in seen.notes} == {"cm01"}
    assert seen.notes[2].location == f"{NAME} in cm01, 2026-11-20 20:10:00 UTC"


def test_it_answers_logs_alone(tmp_path):
    one = LogConnector(tmp_path)
    assert one.answers(ASK)
    other = Cname(("www.a.test",))
    assert not one.answers(other)
    with pytest.raises(Unavailable):
        one.fetch(other, visit(tmp_path))
    put(tmp_path, "a.log", "x")
    assert one.probe(visit(tmp_path)) == f"1 log among 1 file in {tmp_path}"
    one.close()


def test_an_unknown_code_page_is_said(tmp_path):
    put(tmp_path, NAME, TEXT)
    with pytest.raises(Unavailable, match="cp9999 is no code page"):
        LogConnector(tmp_path, code_page="cp9999").fetch(ASK, visit(tmp_path))


def test_a_run_reads_each_log_once_and_keeps_what_it_read(tmp_path, monkeypatch):
    put(tmp_path / "logs", NAME, TEXT)
    put(tmp_path / "logs", "CloudMgr.log", older("Deployment instance status for service a is ReadyRole.", ago(hours=1)))
    opened: list[str] = []
    real = log_files._opener

    def counting(path: Path) -> Any:
        def opened_once() -> Any:
            opened.append(path.name)
            return real(path)()

        return opened_once

    monkeypatch.setattr(log_files, "_opener", counting)
    data = {"engagement": {"name": "a", "scenarios": ["co-management-internet"]},
            "files": {"log_dir": "logs"}, "site": {"log_code_page": "cp1252"}}  # fmt: skip
    engagement = engagement_from(data, file="a.toml", folder=tmp_path)
    asks = [*questions([azuread_discovery]), CloudMgr()]
    with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect(asks, [connect(engagement)], recording, clock=lambda: NOW)
        found = recording.answer(EntraDiscovery())
        write(recording, tmp_path / "evidence.zip", tool="t")
    assert sorted(opened) == ["CloudMgr.log", NAME]
    with read(tmp_path / "evidence.zip") as again:
        assert again.answer(EntraDiscovery()) == found
    line = found.copies[0].latest(PUBLISHED)
    assert isinstance(line, Line)
    assert line.at == ago(hours=1)
