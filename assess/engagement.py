"""The engagement file: one customer's tenant and site, what is planned, and how it is reached.

Which keys there are, of which type, stands in keys.toml. An unknown key is an error that names the
nearest known one; a secret is only ever a reference to where it is kept.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, Self

from assess.errors import EngagementError, Unavailable
from assess.evidence.config import Attested
from assess.keytypes import Secret, parse
from assess.language import tr

# The order of the scenarios wherever they are listed together.
SCENARIOS = (
    "hybrid-mdm",
    "co-management-pki",
    "co-management-internet",
    "corporate-owned-ios",
    "management-option-choice",
)

_LONGEST_COMMENT = 2000
_LONGEST_LETTER = 20_000
# What is about reaching sources, and about people, stays out of recordings.
_CONNECTION = re.compile(
    r"tenant\.(auth|endpoints|ca_file)|ad\.(server|user\b|password|auth|ca_file|forests)|dns\."
    r"|site\.(auth|adminservice|ca_file|thumbprint)|sql\.|network\.|passwords\.|history\."
    r"|notify\.|engagement\.logo"
)


class KeyDefinition(NamedTuple):
    """One key of the engagement file, as keys.toml describes it."""

    name: str
    type: str
    about: str
    example: str = ""
    required: bool = False
    default: Any = None
    planned: bool = False


@cache
def key_definitions() -> Mapping[str, KeyDefinition]:
    """Every key there is, by its full name, in the order of keys.toml."""
    text = resources.files("assess").joinpath("keys.toml").read_text(encoding="utf-8")
    return {name: KeyDefinition(name, **entry) for name, entry in tomllib.loads(text).items()}


@dataclass(frozen=True)
class Waiver:
    """A risk that somebody accepted: laid over a finding, never changing its status."""

    requirement: str
    reason: str
    by: str
    until: date
    subject: str | None = None


@dataclass(frozen=True)
class Comment:
    """What the assessor says of a finding, or of every finding of a requirement; signed."""

    text: str
    by: str


@dataclass(frozen=True)
class Engagement:
    """A checked engagement file. ``values``: full key name to parsed value.

    ``comments``: by the id of a finding or of a requirement; ``letter``: the covering letter
    itself, in Markdown, so that a recording holds it.
    """

    file: str
    values: Mapping[str, Any]
    attestations: Mapping[str, Attested] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    folder: Path = Path()
    comments: Mapping[str, Comment] = field(default_factory=dict)
    letter: str = ""

    @property
    def name(self) -> str:
        """The short name that the folders of runs carry."""
        return str(self.values["engagement.name"])

    @property
    def customer(self) -> str:
        """The customer as the reports call them."""
        return str(self.values.get("engagement.customer", self.name))

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The scenarios to assess, in the order in which reports list them."""
        chosen = self.values["engagement.scenarios"]
        return tuple(scenario for scenario in SCENARIOS if scenario in chosen)

    def having(self, values: Mapping[str, Any]) -> Self:
        """The same engagement with these keys set."""
        return replace(self, values={**self.values, **values})

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - any key
        """The value of a key, its documented default, or ``default``."""
        if name in self.values:
            return self.values[name]
        known = key_definitions().get(name)
        return known.default if known is not None and known.default is not None else default

    def key(self, name: str) -> Any:  # noqa: ANN401 - any key
        """The value of a key; raises Unavailable, naming it, where nobody has set it."""
        value = self.get(name)
        if value is None or value == []:
            known = key_definitions().get(name)
            file = self.file
            reason = tr("{key} is not set in {file}", key=name, file=file)
            mend = tr("Set {key} in {file}.", key=name, file=file)
            if known is not None:
                reason = tr(
                    "{key} ({meaning}) is not set in {file}",
                    key=name,
                    meaning=known.about,
                    file=file,
                )
            if known is not None and known.example:
                mend = tr(
                    "Set {key} in {file}, e.g. {example}.",
                    key=name,
                    file=file,
                    example=known.example,
                )
            raise Unavailable(reason, mend, key=name)
        return value

    def path(self, name: str) -> Path | None:
        """The file that a key names, found from the folder of the engagement file."""
        value = self.get(name)
        return None if value is None else self.folder / value

    def tables(self, prefix: str) -> dict[str, dict[str, Any]]:
        """The named tables below ``prefix``, e.g. ``ad.forests``: name to its keys."""
        found: dict[str, dict[str, Any]] = {}
        for name, value in self.values.items():
            if name.startswith(f"{prefix}."):
                table, _, rest = name.removeprefix(f"{prefix}.").rpartition(".")
                found.setdefault(table, {})[rest] = value
        return found

    def public(self) -> dict[str, Any]:
        """What a recording keeps: what was planned and answered, nothing about how to get in."""
        values = {
            name: value
            for name, value in self.values.items()
            if not _CONNECTION.match(name) and not isinstance(value, Secret)
        }
        return {"file": self.file, "values": values, "attestations": dict(self.attestations),
                "waivers": [vars(waiver) for waiver in self.waivers],
                "comments": {name: vars(said) for name, said in self.comments.items()},
                "letter": self.letter}  # fmt: skip

    @classmethod
    def from_public(cls, data: Mapping[str, Any]) -> "Engagement":
        """The engagement as a recording kept it; checked again, since files travel."""
        attestations: dict[str, Any] = {}
        for name, value in data["attestations"].items():
            attestations[name] = {k: v for k, v in value.items() if v not in ("", None)}
        nested: dict[str, Any] = {"attestations": attestations}
        for name, value in data["values"].items():
            _place(nested, name.split("."), value)
        nested["waivers"] = [
            {k: v for k, v in waiver.items() if v is not None} for waiver in data["waivers"]
        ]
        nested["comments"] = data.get("comments", {})
        checked = engagement_from(nested, file=str(data["file"]), folder=Path())
        return replace(checked, letter=str(data.get("letter", ""))[:_LONGEST_LETTER])


def _place(tree: dict[str, Any], path: list[str], value: Any) -> None:  # noqa: ANN401
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    tree[path[-1]] = value


def load(path: Path) -> Engagement:
    """Read and check an engagement file. Raises EngagementError with file, key and mend."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise EngagementError(
            f"{path}: {error.strerror or 'it cannot be read'}. "
            f"`assess init {path.name}` writes one."
        ) from None
    except UnicodeDecodeError:
        raise EngagementError(f"{path}: it is not UTF-8 text. Save it as UTF-8.") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EngagementError(
            f"{path}: {error}. TOML wants key = value, texts in quotes."
        ) from None
    checked = engagement_from(data, file=path.name, folder=path.resolve().parent)
    return replace(checked, letter=_letter(checked))


def _letter(engagement: Engagement) -> str:
    """The text of the covering letter; empty where none is named."""
    path = engagement.path("report.letter")
    if path is None:
        return ""
    name = f"{engagement.file}: report.letter: {engagement.get('report.letter')}"
    try:
        with path.open("rb") as file:
            text = file.read(4 * _LONGEST_LETTER + 1).decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise EngagementError(f"{name}: {reason}. Write it, or take the key out.") from None
    except UnicodeDecodeError:
        raise EngagementError(f"{name}: it is not UTF-8 text. Save it as UTF-8.") from None
    if len(text) > _LONGEST_LETTER:
        raise EngagementError(
            f"{name}: it is longer than {_LONGEST_LETTER:,} characters. Shorten it."
        )
    return text


def engagement_from(data: Mapping[str, Any], *, file: str, folder: Path) -> Engagement:
    """Check a parsed engagement file; every fault at once, each with its key and its mend."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    attestations = _table(data, "attestations", faults)
    waivers = data.get("waivers", [])
    comments = _table(data, "comments", faults)
    for name, value, fault in each_key(data, folder):
        if fault:
            faults.append(fault)
        else:
            values[name] = value
    for required in ("engagement.name", "engagement.scenarios"):
        if required not in values and not any(required in fault for fault in faults):
            definition = key_definitions()[required]
            faults.append(f"{required} is missing ({definition.about}), e.g. {definition.example}")
    if values.get("engagement.scenarios") == []:
        faults.append(f"engagement.scenarios is empty; choose from {', '.join(SCENARIOS)}")
    answered = _attestations(attestations, faults, folder)
    accepted = _waivers(waivers, faults, folder)
    said = _comments(comments, faults, folder)
    if faults:
        raise EngagementError("\n".join(f"{file}: {_sentence(fault)}" for fault in faults))
    return Engagement(file, values, answered, accepted, folder, said)


_APART = frozenset({"attestations", "waivers", "comments"})


def each_key(data: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, Any, str]]:
    """Every key that is one value: its full name, what it says, and what is wrong with it."""
    plain = {name: value for name, value in data.items() if name not in _APART}
    for name, value in _leaves(plain, ()):
        try:
            yield name, _checked(name, value, folder), ""
        except ValueError as error:
            yield name, None, str(error)


def _sentence(fault: str) -> str:
    return fault if fault.endswith((".", "?")) else f"{fault}."


def _table(data: Mapping[str, Any], name: str, faults: list[str]) -> Mapping[str, Any]:
    table = data.get(name, {})
    if isinstance(table, dict):
        return table
    faults.append(f"[{name}] is a table")
    return {}


def _leaves(tree: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Every key with its full name; a table that is itself a value counts as one."""
    for name, value in tree.items():
        full = ".".join((*path, name))
        if isinstance(value, dict) and _definition(full) is None:
            yield from _leaves(value, (*path, name)) if value else iter(())
        else:
            yield full, value


def _definition(name: str) -> KeyDefinition | None:
    definitions = key_definitions()
    if name in definitions:
        return definitions[name]
    parts = name.split(".")
    if parts[0] == "passwords" and len(parts) == 2:  # noqa: PLR2004
        return definitions["passwords.*"]
    if parts[:2] == ["ad", "forests"] and len(parts) == 4:  # noqa: PLR2004
        return definitions.get(f"ad.forests.*.{parts[3]}")
    return None


def _checked(name: str, value: Any, folder: Path) -> Any:  # noqa: ANN401 - any key
    """The value of a key. Raises ValueError, naming the key and what would be right."""
    definition = _definition(name)
    if definition is None or "*" in name:
        near = difflib.get_close_matches(name, key_definitions(), 1, 0.6)
        hint = f"; did you mean {near[0]}?" if near else "; `assess init` lists the known keys"
        raise ValueError(f"{name} is not a key of the engagement file{hint}")
    if name.startswith("passwords.") and f"files.{name.split('.')[1]}" not in key_definitions():
        raise ValueError(f"{name} belongs to no file: there is no key files.{name.split('.')[1]}")
    try:
        return parse(definition.type, name, value, folder, SCENARIOS)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _fields(
    prefix: str,
    label: str,
    entry: Any,  # noqa: ANN401
    faults: list[str],
    folder: Path,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if not isinstance(entry, dict):
        faults.append(f'{label} is a table, such as {{ answer = true, by = "A. Meyer" }}')
        return found
    for name, value in entry.items():
        definition = key_definitions().get(f"{prefix}.{name}")
        if definition is None:
            known = [k.rpartition(".")[2] for k in key_definitions() if k.startswith(f"{prefix}.")]
            faults.append(f"{label}: {name} is not known here; known are {', '.join(known)}")
            continue
        try:
            found[name] = parse(definition.type, f"{label}.{name}", value, folder, SCENARIOS)
        except ValueError as error:
            faults.append(f"{label}.{name}: {error}")
    return found


def _attestations(table: Mapping[str, Any], faults: list[str], folder: Path) -> dict[str, Attested]:
    answered: dict[str, Attested] = {}
    for requirement, entry in table.items():
        label = f'[attestations] "{requirement}"'
        fields = _fields("attestations.*", label, entry, faults, folder)
        if "answer" in fields:
            answered[requirement] = Attested(**fields)
        elif isinstance(entry, dict):
            faults.append(f"{label} has no answer")
    return answered


def _comments(table: Mapping[str, Any], faults: list[str], folder: Path) -> dict[str, Comment]:
    said: dict[str, Comment] = {}
    for name, entry in table.items():
        label = f'[comments] "{name}"'
        fields = _fields("comments.*", label, entry, faults, folder)
        absent = [one for one in ("text", "by") if one not in fields]
        if absent and isinstance(entry, dict):
            faults.append(f"{label} does not say: {', '.join(absent)}")
        elif len(fields.get("text", "")) > _LONGEST_COMMENT:
            faults.append(f"{label}: its text is longer than {_LONGEST_COMMENT:,} characters")
        elif not absent:
            said[name] = Comment(**fields)
    return said


def _waivers(entries: Any, faults: list[str], folder: Path) -> tuple[Waiver, ...]:  # noqa: ANN401
    accepted = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        label = f"[[waivers]] number {number}"
        fields = _fields("waivers", label, entry, faults, folder)
        absent = [name for name in ("requirement", "reason", "by", "until") if name not in fields]
        if absent:
            faults.append(f"{label} does not say: {', '.join(absent)}")
        else:
            accepted.append(Waiver(**fields))
    return tuple(accepted)
