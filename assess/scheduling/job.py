"""What a schedule runs, where its secrets lie, and what a platform's files came to."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assess.errors import EngagementError
from assess.scheduling.moments import Moment

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Job:
    """An engagement and how it is run.

    Paths are those of the machine that runs it. ``program``: the command without its arguments;
    ``environment``: the variables that hold secrets; ``secret_files``: the files that do;
    ``account``: who runs it; ``folder``: where the files of the schedule will lie.
    """

    name: str
    program: tuple[str, ...]
    file: str
    output: str
    history: str
    when: Moment
    folder: str
    account: str = ""
    options: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    secret_files: tuple[str, ...] = ()
    image: str = ""

    def __post_init__(self) -> None:
        for text in (*self.program, self.file, self.output, self.history, self.folder,
                     self.account, self.image, *self.options, *self.secret_files):  # fmt: skip
            if _CONTROL.search(text):
                raise EngagementError(
                    f"{text!r} holds a line break or another control character; no scheduler can "
                    "be told that safely. Rename it"
                )

    @property
    def command(self) -> tuple[str, ...]:
        """The program with its arguments."""
        return (*self.program, "run", self.file, "--unattended", "-o", self.output, *self.options)

    @property
    def slug(self) -> str:
        """A name for files and units: ASCII letters, digits, dots, dashes. One name, one slug."""
        safe = re.sub(r"[^A-Za-z0-9_.-]+", "-", self.name).strip("-.")
        if safe == self.name:
            return f"assess-{safe}"
        return f"assess-{safe}-{hashlib.sha256(self.name.encode()).hexdigest()[:6]}"


@dataclass(frozen=True)
class Written:
    """The files of a platform (name to content), and what to do with them, step by step."""

    files: Mapping[str, str]
    secrets: tuple[str, ...]
    install: tuple[str, ...]
    see: tuple[str, ...]
    remove: tuple[str, ...]
    encodings: Mapping[str, str] = field(default_factory=dict)
    private: tuple[str, ...] = ()


def environment_file(job: Job, shown: str) -> str:
    """A form to fill in, which shells and systemd read alike; the reader types the values."""
    lines = [
        (
            f"# Secrets of {job.slug}. Type each between the single quotes; readable by its owner "
            "alone (chmod 600)."
        ),
        f"# Copied to {shown}, and never kept with the engagement file.",
    ]
    return "\n".join([*lines, *(f"{name}=''" for name in job.environment), ""])


def files_remark(job: Job) -> tuple[str, ...]:
    """What to see to for secrets that lie in files."""
    return tuple(
        f"{path} holds a secret: let only the account that runs read it."
        for path in job.secret_files
    )
