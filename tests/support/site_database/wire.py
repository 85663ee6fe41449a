"""TDS 7.4 as a SQL Server speaks it, as far as one driver that reads needs it: TLS, sign-in, rows."""

import socket
import ssl
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

BATCH, RPC, REPLY, ATTENTION, LOGIN, PRELOGIN = 0x01, 0x03, 0x04, 0x06, 0x10, 0x12
EXECUTE_SQL, EXECUTE, PREPARE_EXECUTE, UNPREPARE = 10, 12, 13, 15
_COLLATION = bytes.fromhex("0904d00034")
_PACKET = 4096


class Gone(Exception):
    """The client has closed the connection."""


@dataclass(frozen=True)
class SqlError(Exception):
    """An error that the server answers with."""

    number: int
    text: str
    state: int = 1
    severity: int = 14


@dataclass(frozen=True)
class SignIn:
    """What LOGIN7 said."""

    user: str
    password: str
    database: str
    host: str
    integrated: bool
    read_only: bool
    ticket: bytes = b""


@dataclass(frozen=True)
class Call:
    """A statement with its parameters by name."""

    statement: str
    parameters: dict[str, Any]
    handle: int | None = None


class Channel:
    """Packets over a socket, inside TLS once ``secure`` was called."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._tls: ssl.SSLObject | None = None
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()

    def receive(self) -> tuple[int, bytes]:
        kind, body, last = 0, bytearray(), False
        while not last:
            kind, status, length = struct.unpack(">BBH", self._exactly(8)[:4])
            body += self._exactly(length - 8)
            last = bool(status & 1)
        return kind, bytes(body)

    def send(self, body: bytes, kind: int = REPLY, *, last: bool = True) -> None:
        parts = [body[at : at + _PACKET - 8] for at in range(0, len(body), _PACKET - 8)] or [b""]
        for number, part in enumerate(parts, 1):
            ends = last and number == len(parts)
            self._write(struct.pack(">BBHHBB", kind, ends, len(part) + 8, 52, number & 0xFF, 0) + part)

    def secure(self, context: ssl.SSLContext) -> None:
        """The handshake travels in packets of its own; afterwards the packets travel in TLS."""
        tls = context.wrap_bio(self._in, self._out, server_side=True)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush_handshake()
                _, part = self.receive()
                self._in.write(part)
            else:
                break
        self._flush_handshake()
        self._tls = tls

    def _flush_handshake(self) -> None:
        if self._out.pending:
            self.send(self._out.read(), PRELOGIN)

    def _exactly(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            found += self._read(size - len(found))
        return bytes(found)

    def _read(self, size: int) -> bytes:
        while True:
            if self._tls is None:
                return self._received(size)
            try:
                part = self._tls.read(size)
            except ssl.SSLWantReadError:
                self._in.write(self._received(65536))
            else:
                if not part:
                    raise Gone
                return part

    def _received(self, size: int) -> bytes:
        try:
            part = self._socket.recv(size)
        except OSError:
            raise Gone from None
        if not part:
            raise Gone
        return part

    def _write(self, data: bytes) -> None:
        try:
            if self._tls is not None:
                self._tls.write(data)
                data = self._out.read()
            self._socket.sendall(data)
        except OSError:
            raise Gone from None


def prelogin(encryption: int) -> bytes:
    options = [(0, bytes([16, 0, 0x10, 0, 0, 0])), (1, bytes([encryption])), (2, b"\0"), (4, b"\0")]
    offset, table, data = len(options) * 5 + 1, b"", b""
    for token, value in options:
        table += struct.pack(">BHH", token, offset + len(data), len(value))
        data += value
    return table + b"\xff" + data


def asked_encryption(body: bytes) -> int:
    at = 0
    while body[at] != 0xFF:
        token, offset, _ = struct.unpack_from(">BHH", body, at)
        if token == 1:
            return int(body[offset])
        at += 5
    return 2


def sign_in(body: bytes) -> SignIn:
    def text(at: int) -> bytes:
        offset, length = struct.unpack_from("<HH", body, at)
        return body[offset : offset + 2 * length]

    hidden = bytes(((b ^ 0xA5) << 4 | (b ^ 0xA5) >> 4) & 0xFF for b in text(44))
    return SignIn(
        text(40).decode("utf-16-le"),
        hidden.decode("utf-16-le"),
        text(68).decode("utf-16-le"),
        text(36).decode("utf-16-le"),
        bool(body[25] & 0x80),
        bool(body[26] & 0x20),
        text(78)[: struct.unpack_from("<H", body, 80)[0]],
    )


def _short(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("utf-16-le")


def _token(kind: int, body: bytes) -> bytes:
    return struct.pack("<BH", kind, len(body)) + body


def accepted(database: str) -> bytes:
    """The answer to a sign-in that succeeded."""
    changed = _token(0xE3, b"\x01" + _short(database) + _short("master"))
    collation = _token(0xE3, b"\x07\x05" + _COLLATION + b"\x00")
    version = struct.pack(">I", 0x74000004) + _short("Microsoft SQL Server") + bytes([16, 0, 0x10, 0])
    size = _token(0xE3, b"\x04" + _short(str(_PACKET)) + _short(str(_PACKET)))
    return changed + collation + _token(0xAD, b"\x01" + version) + size + done()


def proof(token: bytes) -> bytes:
    """What the server proves itself with to a client that brought a ticket."""
    return _token(0xED, token)


def refused(error: SqlError) -> bytes:
    text = struct.pack("<H", len(error.text)) + error.text.encode("utf-16-le")
    body = struct.pack("<IBB", error.number, error.state, error.severity)
    return _token(0xAA, body + text + _short("SQL01") + _short("") + struct.pack("<I", 1))


def done(rows: int | None = None, kind: int = 0xFD, *, error: bool = False, more: bool = False) -> bytes:
    status = (0x10 if rows is not None else 0) | (2 if error else 0) | (1 if more else 0)
    return struct.pack("<BHHQ", kind, status, 0xC1, rows or 0)


def columns(names: Sequence[tuple[str, str]]) -> bytes:
    """The description of a result: names with ``int``, ``bit`` or ``text``."""
    body = struct.pack("<BH", 0x81, len(names))
    for name, kind in names:
        body += struct.pack("<IH", 0, 9) + _TYPES[kind] + _short(name)
    return body


_TYPES = {
    "int": b"\x26\x08",
    "bit": b"\x68\x01",
    "text": b"\xe7" + struct.pack("<H", 8000) + _COLLATION,
}


def row(values: Sequence[Any], kinds: Sequence[str]) -> bytes:
    body = bytearray(b"\xd1")
    for value, kind in zip(values, kinds, strict=True):
        if kind == "text":
            data = None if value is None else str(value).encode("utf-16-le")
            body += b"\xff\xff" if data is None else struct.pack("<H", len(data)) + data
        elif value is None:
            body += b"\0"
        elif kind == "bit":
            body += bytes([1, bool(value)])
        else:
            body += b"\x08" + struct.pack("<q", value)
    return bytes(body)


def returned(handle: int) -> bytes:
    """The end of a procedure that gives back a handle."""
    value = struct.pack("<BHB", 0xAC, 0, 0) + struct.pack("<BIH", 1, 0, 0) + b"\x26\x04\x04"
    return struct.pack("<BI", 0x79, 0) + value + struct.pack("<i", handle) + done(kind=0xFE)


def batch(body: bytes) -> str:
    return body[struct.unpack_from("<I", body)[0] :].decode("utf-16-le")


def procedure(body: bytes) -> tuple[int, list[tuple[str, Any]]]:
    """The number of the procedure and its parameters."""
    names = {"sp_executesql": EXECUTE_SQL, "sp_prepexec": PREPARE_EXECUTE, "sp_execute": EXECUTE}
    at = struct.unpack_from("<I", body)[0]
    (length,) = struct.unpack_from("<H", body, at)
    if length == 0xFFFF:
        (number,) = struct.unpack_from("<H", body, at + 2)
        at += 4
    else:
        number = names.get(body[at + 2 : at + 2 + 2 * length].decode("utf-16-le").lower(), UNPREPARE)
        at += 2 + 2 * length
    return number, list(_parameters(body, at + 2))


def _parameters(body: bytes, at: int) -> Iterator[tuple[str, Any]]:
    while at < len(body) and body[at] not in (0x80, 0xFF):
        length = body[at]
        name = body[at + 1 : at + 1 + 2 * length].decode("utf-16-le").lstrip("@")
        at += 2 + 2 * length
        value, at = _value(body, at)
        yield name, value


def _value(body: bytes, at: int) -> tuple[Any, int]:
    kind = body[at]
    match kind:
        case 0x26 | 0x68:  # INTN, BITN
            size = body[at + 2]
            data = body[at + 3 : at + 3 + size]
            return int.from_bytes(data, "little", signed=True) if size else None, at + 3 + size
        case 0xE7 | 0xA7:  # NVARCHAR, VARCHAR
            (most,) = struct.unpack_from("<H", body, at + 1)
            codec = "utf-16-le" if kind == 0xE7 else "latin-1"
            if most == 0xFFFF:
                whole, at = _chunks(body, at + 8)
                return None if whole is None else whole.decode(codec), at
            (size,) = struct.unpack_from("<H", body, at + 8)
            if size == 0xFFFF:
                return None, at + 10
            return body[at + 10 : at + 10 + size].decode(codec), at + 10 + size
        case 0x63:  # NTEXT
            (size,) = struct.unpack_from("<i", body, at + 10)
            if size < 0:
                return None, at + 14
            return body[at + 14 : at + 14 + size].decode("utf-16-le"), at + 14 + size
        case _:
            raise SqlError(8009, f"a parameter of type {kind:#x} is not read here")


def _chunks(body: bytes, at: int) -> tuple[bytes | None, int]:
    (total,) = struct.unpack_from("<Q", body, at)
    at += 8
    if total == 0xFFFFFFFFFFFFFFFF:
        return None, at
    found = b""
    while size := struct.unpack_from("<I", body, at)[0]:
        found += body[at + 4 : at + 4 + size]
        at += 4 + size
    return found, at + 4


Result = tuple[Sequence[tuple[str, str]], Iterable[Sequence[Any]]]
Execute = Callable[[str, dict[str, Any]], Result]


def answer(channel: Channel, execute: Execute, call: Call, *, inside: bool) -> None:
    """Send a result as it comes, so that no long one is held in memory."""
    end = 0xFF if inside else 0xFD
    try:
        names, rows = execute(call.statement, call.parameters)
    except SqlError as error:
        tail = returned(call.handle or 0) if inside else b""
        channel.send(refused(error) + done(kind=end, error=True, more=inside) + tail)
        return
    waiting, count = bytearray(columns(names)), 0
    kinds = [kind for _, kind in names]
    for values in rows:
        waiting += row(values, kinds)
        count += 1
        if len(waiting) > 16 * _PACKET:
            cut = len(waiting) // (_PACKET - 8) * (_PACKET - 8)
            channel.send(bytes(waiting[:cut]), last=False)
            del waiting[:cut]
    tail = returned(call.handle or 0) if inside else b""
    channel.send(bytes(waiting) + done(count, end, more=inside) + tail)
