"""Keeps the language files in step with what the tool says: new sentences in, forgotten ones out.

`python docs/messages.py` writes; a test compares. Sentences are found where they stand: in the
catalogue, in what the keys of the engagement file mean, in calls of `tr`, `trn` and `msg`, in the
heads of columns, and, in checks, in every constant of several words, since what a check says as a
whole sentence is looked up as it is.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib
from jinja2 import nodes

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from assess.catalogue import texts_of  # noqa: E402 - the checkout comes first
from assess.discover import library  # noqa: E402
from assess.engagement import key_definitions  # noqa: E402
from assess.language import NUMBER  # noqa: E402
from assess.options import texts_of_tables  # noqa: E402
from assess.reporters.templating import environment  # noqa: E402

_CALLS = {"tr": 1, "msg": 1, "tr_html": 1, "trn": 2, "counted": 2, "Column": 1, "worded": 1}
_SENTENCE = re.compile(r"(?:[A-Za-z]{2,}\S*|\b[Aa]) \S")
# What is named in these calls and subscripts is no text for people.
_NOT_SAID = {
    "check", "Key", "Mark", "Attestation", "compile", "TypeVar", "Annotated", "Literal",
    "AssertionError", "InvalidSchema",
}  # fmt: skip

Message = tuple[str, str]


def messages() -> dict[str, list[Message]]:
    """For each language file, below the folder of its language: what it has to translate.

    A message is a sentence and its plural, or no plural. Each stands in one file, the first.
    """
    found: dict[str, list[Message]] = {}

    def add(file: str, some: Iterable[Message]) -> None:
        found.setdefault(file, []).extend(some)

    for name, text in texts_of(library().catalogue):
        add(f"checks/languages/{{}}/{name}.po", [(text, "")])
    for path in sorted((ROOT / "checks").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT / "checks").with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        add(f"checks/languages/{{}}/said/{name}.po", _said(tree))
    for path in sorted((ROOT / "assess").rglob("*.py")):
        inner = path.relative_to(ROOT / "assess").parts[0].removesuffix(".py")
        name = inner if inner in ("reporters", "connectors", "evidence", "notices") else "engine"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        sources = name in ("connectors", "evidence")
        add(f"assess/languages/{{}}/{name}.po", _given(tree) if sources else _marked(tree))
    add("assess/languages/{}/options.po", [(text, "") for text in texts_of_tables() if text])
    add("assess/languages/{}/engine.po", [(NUMBER, "")])
    known = key_definitions().values()
    add("assess/languages/{}/keys.po", [(one.about, "") for one in known])
    reading = environment()
    for path in sorted((ROOT / "templates").glob("*.j2")):
        parsed = reading.parse(path.read_text(encoding="utf-8"))
        add("assess/languages/{}/templates.po", _in_template(parsed))
    seen: set[str] = set()
    once: dict[str, list[Message]] = {}
    for file, some in found.items():
        for message in some:
            if message[0] not in seen:
                seen.add(message[0])
                once.setdefault(file, []).append(message)
    return once


def _marked(tree: ast.AST) -> Iterator[Message]:
    """The sentences in calls of tr, trn and msg, in the order of the file."""
    for node in _in_order(tree):
        if isinstance(node, ast.Call) and (count := _CALLS.get(_name(node.func))):
            texts = node.args[1:] if count > 1 else node.args[:1]
            given = [t.value for t in texts if isinstance(t, ast.Constant)]
            if len(given) == count:
                yield _message(_name(node.func), *map(str, given))


def _message(call: str, one: str, many: str = "") -> Message:
    """What is looked up: ``counted`` puts the number before its words."""
    return (f"one {one}", f"{{count}} {many}") if call == "counted" else (one, many)


def _said(tree: ast.Module) -> Iterator[Message]:
    """The same, and every constant of several words that is not something else."""
    yield from _marked(tree)
    passed = set(_passed_over(tree))
    for node in _in_order(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in passed and _SENTENCE.search(text):
            yield text, ""


def _given(tree: ast.Module) -> Iterator[Message]:
    """The sentences that are marked, and those that a refusal or an answer is made with.

    Those are what a class is called with, what a function returns, and constants that end like a
    sentence.
    """
    yield from _marked(tree)
    passed = set(_passed_over(tree))
    for node in _in_order(tree):
        match node:
            case ast.Call(function, args, keywords) if _name(function).lstrip("_")[:1].isupper():
                given = [*args, *(keyword.value for keyword in keywords)]
            case ast.Return(value) if value is not None:
                given = [value]
            case ast.Assign(_, ast.Constant(str() as text)) if text.endswith("."):
                given = [node.value]
            case _:
                continue
        texts = [one for value in given for one in _branches(value) if id(one) not in passed]
        yield from ((one.value, "") for one in texts if _SENTENCE.search(str(one.value)))


def _branches(value: ast.AST) -> Iterator[ast.Constant]:
    """The constants that an expression may come to."""
    match value:
        case ast.Constant(str()):
            yield value
        case ast.IfExp(_, body, orelse):
            yield from (*_branches(body), *_branches(orelse))
        case ast.BoolOp(_, values):
            yield from (one for part in values for one in _branches(part))
        case _:
            pass


def _passed_over(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)  # a docstring
        elif isinstance(node, ast.Compare | ast.JoinedStr | ast.Set):
            yield from _constants(node)
        elif isinstance(node, ast.Dict):
            yield from (id(key) for key in node.keys if isinstance(key, ast.Constant))
        elif isinstance(node, ast.Call) and _name(node.func) in {*_NOT_SAID, "frozenset"}:
            yield from _constants(node)
        elif isinstance(node, ast.Call) and _name(node.func) in _CALLS:
            yield from (id(arg) for arg in node.args)
        elif isinstance(node, ast.Subscript) and _name(node.value) in _NOT_SAID:
            yield from _constants(node)


def _constants(node: ast.AST) -> Iterator[int]:
    return (id(inner) for inner in ast.walk(node) if isinstance(inner, ast.Constant))


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(name) | ast.Attribute(_, name):
            return name
        case _:
            return ""


def _in_order(tree: ast.AST) -> list[ast.AST]:
    some = [node for node in ast.walk(tree) if hasattr(node, "lineno")]
    return sorted(some, key=lambda node: (node.lineno, node.col_offset))


def _in_template(parsed: nodes.Template) -> Iterator[Message]:
    for call in parsed.find_all(nodes.Call):
        name = call.node.name if isinstance(call.node, nodes.Name) else ""
        count = _CALLS.get(name)
        if count:
            texts = call.args[1:] if count > 1 else call.args[:1]
            given = [t.value for t in texts if isinstance(t, nodes.Const)]
            if len(given) == count:
                yield _message(name, *map(str, given))


def files_of(code: str) -> dict[Path, str]:
    """Every file of a language, as it ought to be: what it lacks is there, without words."""
    wanted = messages()
    old = {path: polib.pofile(str(path), wrapwidth=0) for path in existing(code)}
    known = {entry.msgid: entry for file in old.values() for entry in file if not entry.obsolete}
    return {ROOT / name.format(code): _file(code, some, known) for name, some in wanted.items()}


def existing(code: str) -> list[Path]:
    """The files of a language that are there."""
    return sorted(
        path for pack in ("assess", "checks")
        for path in (ROOT / pack / "languages" / code).rglob("*.po")
    )  # fmt: skip


def _file(code: str, some: Iterable[Message], known: dict[str, polib.POEntry]) -> str:
    file = polib.POFile(wrapwidth=0)
    file.metadata = {
        "Language": code,
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for one, many in some:
        old = known.get(one)
        entry = polib.POEntry(msgid=one, msgid_plural=many)
        if many:
            forms = old.msgstr_plural if old is not None else {}
            entry.msgstr_plural = forms or {0: "", 1: ""}
        elif old is not None:
            entry.msgstr = old.msgstr
        file.append(entry)
    return str(file).rstrip("\n") + "\n"


def codes() -> list[str]:
    """The languages that are shipped beside English."""
    return sorted({path.name for path in ROOT.glob("*/languages/*") if path.is_dir()})


def main() -> None:
    """Write the files of every language, and say what is still without words."""
    for code in codes():
        wanted = files_of(code)
        for path in existing(code):
            if path not in wanted:
                path.unlink()
        for path, text in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        left = sum(
            not all(entry.msgstr_plural.values()) if entry.msgid_plural else not entry.msgstr
            for path in wanted
            for entry in polib.pofile(str(path))
        )
        sys.stdout.write(f"{code}: {len(wanted)} files, {left} sentences without words\n")


if __name__ == "__main__":
    main()
