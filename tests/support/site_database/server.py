"""A SQL Server on loopback: who signs in sees the columns that were granted, and no others.

Statements are parsed as T-SQL, held against the grants, and executed by SQLite.
"""

import socket
import sqlite3
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from cloud.authority import Authority, Identity
from site_database import wire
from site_database.wire import Call, Channel, Gone, SqlError

_KINDS = {"#": "int", "?": "bit"}
_FETCH = 2000


class Views:
    """Views of a site database: ``{"v_Site": "SiteCode Type# Flag?"}`` and their rows.

    ``granted`` narrows what the account may read, by view; a view that is not there is not granted.
    The catalogue shows every column of a view of which one is granted.
    """

    def __init__(
        self,
        declared: Mapping[str, str],
        rows: Mapping[str, Iterable[Mapping[str, Any]]],
        granted: Mapping[str, str] | None = None,
        file: str = ":memory:",
    ) -> None:
        self.kinds = {
            view: {word.rstrip("#?"): _KINDS.get(word[-1], "text") for word in words.split()}
            for view, words in declared.items()
        }
        everything = {view: set(columns) for view, columns in self.kinds.items()}
        self.granted = (
            everything
            if granted is None
            else {view: set(words.split()) for view, words in granted.items()}
        )
        self._database = sqlite3.connect(file, check_same_thread=False)
        self._database.execute("ATTACH ':memory:' AS INFORMATION_SCHEMA")
        self._database.execute(
            "CREATE TABLE INFORMATION_SCHEMA.COLUMNS"
            "(TABLE_SCHEMA TEXT COLLATE NOCASE, TABLE_NAME TEXT COLLATE NOCASE, COLUMN_NAME TEXT)"
        )
        for view, kinds in self.kinds.items():
            columns = ", ".join(
                f'"{name}" {"TEXT COLLATE NOCASE" if kind == "text" else "INTEGER"}'
                for name, kind in kinds.items()
            )
            self._database.execute(f'CREATE TABLE "{view}"({columns})')
            marks = ", ".join("?" * len(kinds))
            self._database.executemany(
                f'INSERT INTO "{view}" VALUES ({marks})',
                ([one.get(name) for name in kinds] for one in rows.get(view, ())),
            )
            self._database.executemany(
                "INSERT INTO INFORMATION_SCHEMA.COLUMNS VALUES ('dbo', ?, ?)",
                [(view, name) for name in kinds if self.granted.get(view)],
            )
        self._database.create_function("CONCAT", -1, lambda *parts: "".join(p or "" for p in parts))
        self._database.create_function("HAS_PERMS_BY_NAME", 5, self._has_permission)
        self._database.create_function("REVERSE", 1, lambda text: None if text is None else text[::-1])
        self._database.create_function("RIGHT_OF", 2, lambda text, size: None if text is None else text[-size:] if size else "")
        self._lock = threading.Lock()

    def execute(self, statement: str, parameters: Mapping[str, Any]) -> wire.Result:
        """Columns with their kinds, and the rows; raises SqlError as the server would."""
        shape = tuple((view, tuple(kinds.items())) for view, kinds in self.kinds.items())
        ready, kinds, read = understood(statement, shape)
        for view, column in read:
            self._may_read(view, column)
        with self._lock:
            cursor = self._database.cursor()
            cursor.execute(ready, dict(parameters))
            names = [(one[0], kind) for one, kind in zip(cursor.description, kinds, strict=True)]
        return names, self._rows(cursor)

    def _rows(self, cursor: sqlite3.Cursor) -> Iterator[Sequence[Any]]:
        while True:
            with self._lock:
                found = cursor.fetchmany(_FETCH)
            if not found:
                return
            yield from found

    def _has_permission(self, securable: str, kind: str, permission: str, column: str, part: str) -> int:
        asked = (kind, permission, part) == ("OBJECT", "SELECT", "COLUMN")
        return int(asked and column in self.granted.get(securable.removeprefix("dbo."), ()))

    def _may_read(self, view: str, column: str) -> None:
        granted = {name.lower() for name in self.granted.get(view, ())}
        if not granted:
            raise SqlError(
                229,
                f"The SELECT permission was denied on the object '{view}', database 'CM', schema 'dbo'.",
            )
        if column.lower() not in granted:
            raise SqlError(
                230,
                f"The SELECT permission was denied on the column '{column}' of the object '{view}', "
                "database 'CM', schema 'dbo'.",
            )


Shape = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@cache
def understood(statement: str, shape: Shape) -> tuple[str, list[str], list[tuple[str, str]]]:
    """The statement as SQLite takes it, the kinds of what comes out, and the columns that are read.

    Raises SqlError for what is no SELECT, and for views and columns that are not there.
    """
    tree = sqlglot.parse_one(statement, read="tsql")
    if not isinstance(tree, exp.Select):
        raise SqlError(229, f"The account may not do this: {type(tree).__name__}.")
    views = {view: dict(kinds) for view, kinds in shape}
    known = {view.lower(): view for view in views}
    for table in tree.find_all(exp.Table):
        if table.db.lower() == "dbo" and table.name.lower() not in known:
            raise SqlError(208, f"Invalid object name 'dbo.{table.name}'.", severity=16)
    schema: dict[str, Any] = {
        "dbo": views,
        "INFORMATION_SCHEMA": {"COLUMNS": dict.fromkeys(("TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME"), "text")},
    }
    try:
        whole = qualify(tree.copy(), schema=schema, dialect="tsql", validate_qualify_columns=True)
    except sqlglot.errors.OptimizeError as error:
        raise SqlError(207, f"Invalid column name: {error}.", severity=16) from None
    aliases = {t.alias_or_name: known.get(t.name.lower(), "") for t in whole.find_all(exp.Table)}
    found = [(aliases.get(c.table, ""), c.name) for c in whole.find_all(exp.Column)]
    kinds = [_kind(chosen.unalias(), aliases, views) for chosen in whole.selects]
    for table in tree.find_all(exp.Table):
        if table.db.lower() == "dbo":
            table.set("db", None)
    for right in list(tree.find_all(exp.Right)):
        text = right.this.this if isinstance(right.this, exp.Cast) else right.this
        right.replace(exp.Anonymous(this="RIGHT_OF", expressions=[text, right.expression]))
    return tree.sql(dialect="sqlite"), kinds, [(view, name) for view, name in found if view]


def _kind(chosen: Any, aliases: Mapping[str, str], views: Mapping[str, Mapping[str, str]]) -> str:
    if isinstance(chosen, exp.Count):
        return "int"
    kinds = views.get(aliases.get(getattr(chosen, "table", ""), ""), {})
    return {n.lower(): k for n, k in kinds.items()}.get(chosen.name.lower(), "text")


@dataclass
class Accounts:
    """Who may sign in with a password, and to which databases."""

    passwords: Mapping[str, str] = field(default_factory=lambda: {"reader": "Secr}t;1"})
    databases: Sequence[str] = ("CM_PS1",)


class SqlServer:
    """Listens on a free port of 127.0.0.1 with a certificate for ``name``.

    ``encrypts`` False: a server that cannot do TLS. ``strict``: one that also knows TDS 8.0, where
    TLS comes first. ``silent``: it accepts and says nothing. ``breaks_after``: rows after which the
    connection is lost. ``tickets`` gives back the proof for a Kerberos ticket, or None.
    ``sign_ins`` and ``statements`` keep what was asked.
    """

    def __init__(
        self,
        views: Views,
        *,
        accounts: Accounts | None = None,
        identity: Identity | None = None,
        name: str = "sql01.contoso.local",
        encrypts: bool = True,
        strict: bool = False,
        silent: bool = False,
    ) -> None:
        self.views = views
        self.accounts = accounts or Accounts()
        self.authority = Authority()
        self.identity = identity or self.authority.issue([name, "localhost", "127.0.0.1"])
        self.encrypts = encrypts
        self.strict = strict
        self.silent = silent
        self.breaks_after: int | None = None
        self.sign_ins: list[wire.SignIn] = []
        self.statements: list[str] = []
        self.faults: list[Exception] = []
        self.callers: list[str] = []
        self.tickets: Callable[[bytes], bytes | None] = lambda _ticket: None
        self.fails: Callable[[str], SqlError | None] = lambda _statement: None
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in self._connections:
            one.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.strict:
                context = self.identity.context()
                context.set_alpn_protocols(["tds/8.0"])
                connection = context.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            self._session(Channel(connection))
        except (Gone, ssl.SSLError, OSError):
            pass
        except Exception as error:  # noqa: BLE001 - a test looks at them
            self.faults.append(error)
        finally:
            connection.close()

    def _session(self, channel: Channel) -> None:
        _, body = channel.receive()
        if self.silent:
            channel.receive()
        asked = wire.asked_encryption(body)
        channel.send(wire.prelogin(1 if self.encrypts else 2))
        if self.encrypts and not self.strict and asked != 2:
            context = self.identity.context()
            context.maximum_version = ssl.TLSVersion.TLSv1_2  # TDS 7 knows no later one
            channel.secure(context)
        _, body = channel.receive()
        who = wire.sign_in(body)
        self.sign_ins.append(who)
        shown = self.tickets(who.ticket) if who.integrated else None
        refusal = None if shown is not None else self._refused(who)
        if refusal is not None:
            channel.send(wire.refused(refusal) + wire.done(error=True))
            return
        if shown:
            channel.send(wire.proof(shown))
        channel.send(wire.accepted(who.database))
        self._answer(channel)

    def _refused(self, who: wire.SignIn) -> SqlError | None:
        if who.integrated or self.accounts.passwords.get(who.user) != who.password:
            return SqlError(18456, f"Login failed for user '{who.user}'.")
        if who.database not in self.accounts.databases:
            return SqlError(
                4060, f'Cannot open database "{who.database}" requested by the login. The login failed.', severity=11
            )
        return None

    def _answer(self, channel: Channel) -> None:
        prepared: dict[int, str] = {}
        while True:
            kind, body = channel.receive()
            if kind == wire.BATCH:
                self._batch(channel, wire.batch(body))
            elif kind == wire.RPC:
                number, given = wire.procedure(body)
                self._call(channel, number, given, prepared)
            elif kind == wire.ATTENTION:
                channel.send(wire.done(kind=0xFD)[:1] + b"\x20\x00" + wire.done()[3:])

    def _batch(self, channel: Channel, statement: str) -> None:
        if statement.lower().startswith(("set ", "use ", "if @@trancount")):
            channel.send(wire.done())
            return
        wire.answer(channel, self._executed, Call(statement, {}), inside=False)

    def _call(
        self,
        channel: Channel,
        number: int,
        given: list[tuple[str, Any]],
        prepared: dict[int, str],
    ) -> None:
        handle: int | None
        match number:
            case wire.EXECUTE_SQL:
                statement, handle, values = str(given[0][1]), None, given[2:]
            case wire.PREPARE_EXECUTE:
                handle = len(prepared) + 1
                statement, values = str(given[2][1]), given[3:]
                prepared[handle] = statement
            case wire.EXECUTE:
                handle = int(given[0][1])
                statement, values = prepared[handle], given[1:]
            case _:
                channel.send(wire.done(kind=0xFE))
                return
        named = {name or f"P{at}": value for at, (name, value) in enumerate(values, 1)}
        wire.answer(channel, self._executed, Call(statement, named, handle), inside=True)

    def _executed(self, statement: str, parameters: dict[str, Any]) -> wire.Result:
        self.statements.append(statement)
        error = self.fails(statement)
        if error is not None:
            raise error
        names, rows = self.views.execute(statement, parameters)
        return names, self._cut(rows) if self.breaks_after is not None else rows

    def _cut(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        for number, one in enumerate(rows):
            if number == self.breaks_after:
                raise Gone
            yield one
