"""What is to be done about a finding: steps and commands, with the customer's own names."""

import re
from pathlib import PurePath

from assess.catalogue import Clause, Requirement
from assess.clouds import CLOUDS
from assess.errors import Unavailable
from assess.language import lookup, tr
from assess.model import Fail, Manual, NotApplicable, Outcome, Pass, Unknown, Warn, status_of
from assess.proposals import filled
from assess.recording import Recording
from assess.results.cleaning import clean
from assess.results.lists import Lists
from assess.results.shapes import Proposal
from assess.results.wording import WHATEVER_IT_WAS

_KEY = re.compile(r"\{([a-z0-9_]+\.[a-z0-9_.]+)\}")


class Remedies:
    """Fills remedies in from the recording: keys of the engagement file, and the subject."""

    def __init__(self, recording: Recording, lists: Lists) -> None:
        self._recording = recording
        self._lists = lists

    def steps(
        self, requirement: Requirement, outcome: Outcome, subject: str | None
    ) -> tuple[str, ...]:
        """Steps with the customer's own names in them; nothing to do leaves none."""
        if isinstance(outcome, Pass | NotApplicable):
            return ()
        steps = outcome.remedy or self._default_remedy(requirement, outcome)
        filled = [clean(self._filled(step, subject)) for step in steps]
        own = subject or clean(self._recording.engagement.customer)
        if isinstance(outcome, Fail | Warn) and not any(own.lower() in s.lower() for s in filled):
            filled[0] = f"{own}: {filled[0]}"
        return tuple(filled)

    def _default_remedy(self, requirement: Requirement, outcome: Outcome) -> tuple[str, ...]:
        match outcome:
            case Manual():
                file = self._recording.engagement.file
                where = f'[attestations] "{requirement.id}" = {{ answer = …, by = "…", on = … }}'
                asked = tr(
                    "Answer the question with assess attest {file}, or in {file}: {where}.",
                    file=file,
                    where=where,
                )
                return (asked,)
            case Unknown(unasked="no-check"):
                return (tr("Confirm by hand: {criteria}", criteria=requirement.passes),)
            case Unknown():
                return (lookup(WHATEVER_IT_WAS),)
            case _:
                return requirement.remediation

    def commands(self, requirement: Requirement, outcome: Outcome) -> tuple[Proposal, ...]:
        """What could be run to mend it; a command that cannot be filled in safely is left out."""

        def look(name: str) -> tuple[str, ...]:
            if name == "table.file":  # the long list behind the finding, as evidence.zip has it
                written = self._lists.behind(outcome)
                return () if written is None else (written.file,)
            return self._values(name, outcome.subject)

        def meets(clause: Clause) -> bool:
            return bool({str(value) for value in clause.values} & set(look(clause.key)))

        found = []
        for command in requirement.commands:
            fits = status_of(outcome).value in command.when
            files = {PurePath(name).name for key in command.about for name in look(key)}
            if command.about and outcome.subject not in files:
                continue
            if not fits or not all(map(meets, command.only)) or any(map(meets, command.unless)):
                continue
            text = filled(command.kind, command.text, look)
            if text is not None:
                found.append(Proposal(command.kind, text))
        return tuple(found)

    def _values(self, name: str, subject: str | None) -> tuple[str, ...]:
        """The values of a key, a member of one, the subject, or a name of the tenant's cloud."""
        engagement = self._recording.engagement
        if name == "subject":
            return () if subject is None else (subject,)
        if name.startswith("cloud."):
            cloud = CLOUDS[engagement.get("tenant.cloud", "public")]
            value = getattr(cloud, name.removeprefix("cloud."))
            return (value,) if value else ()
        table, _, member = name.rpartition(".")
        value, whole = engagement.get(name), engagement.get(table)
        if value is None and isinstance(whole, dict):
            value = whole.get(member)
        match value:
            case str() | int():
                return (str(value),)
            case list() | tuple():
                return tuple(map(str, value))
            case _:
                return ()

    def _filled(self, step: str, subject: str | None) -> str:
        """``{subject}`` and ``{section.key}`` replaced; a key that is not set leaves its name."""
        text = _KEY.sub(lambda found: self._setting(found[1]), step)
        # Last, so that a subject with braces of its own is never taken for a key.
        return text.replace("{subject}", subject or self._recording.engagement.customer)

    def _setting(self, key: str) -> str:
        try:
            value = self._recording.key(key)
        except Unavailable:
            return f"<{key}>"
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
