"""What can go wrong, as a tree.

AssessError
├── EngagementError        the command line or the engagement file is wrong: exit code 2
├── CheckDefinitionError   a check or its requirement is written wrongly: exit code 4
├── RecordingError         an evidence file cannot be read: exit code 2
├── HistoryError           what is kept of earlier runs cannot be read or written: exit code 2
└── Unavailable            a source gave no answer: the findings that need it are unknown
"""


class AssessError(Exception):
    """Anything that this tool raises on purpose; the message is a sentence for a person."""


class EngagementError(AssessError):
    """The engagement file or the command line is wrong; names the place and the mend."""


class CheckDefinitionError(AssessError):
    """A check, a requirement or a pack of them is written wrongly."""


class RecordingError(AssessError):
    """A file that should hold evidence or results does not."""


class HistoryError(AssessError):
    """What is kept of earlier runs cannot be read or written, or another run holds it."""


class Unavailable(AssessError):
    """Nobody answered, or nobody was allowed to: never a pass, never a fail.

    ``reason`` says what happened and where, ``mend`` what to do about it. ``key`` names the key of
    the engagement file whose absence is the reason, if that is it. ``skipped``: the source is not
    set up in the engagement file, so nobody was asked.
    """

    def __init__(
        self, reason: str, mend: str = "", *, key: str = "", skipped: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend
        self.key = key
        self.skipped = skipped
