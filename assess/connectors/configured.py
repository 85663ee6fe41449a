"""What the engagement file names besides sources: lists and tables, each read by its own reader."""

from typing import Any

from assess.connectors import Connector, Visit, gpresult, reference, serialnumbers
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.language import lookup, tr


def connect(engagement: Engagement) -> "Configured":
    """The readers of this engagement."""
    return Configured(
        serialnumbers.connect(engagement),
        reference.connect(engagement),
        gpresult.connect(engagement),
    )


class Configured:
    """Hands each question to the reader that answers it."""

    source = "config"

    def __init__(self, *readers: Connector) -> None:
        self._readers = readers

    def answers(self, ask: Ask) -> bool:
        """Whatever one of the readers answers."""
        return any(one.answers(ask) for one in self._readers)

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer of the reader that has it; raises Unavailable."""
        for one in self._readers:
            if one.answers(ask):
                return one.fetch(ask, visit)
        raise Unavailable(tr("the engagement file says nothing of {}", ask.describe()))

    def probe(self, visit: Visit) -> str:
        """Each reader's word; raises Unavailable where one fails."""
        return "; ".join(lookup(one.probe(visit)) for one in self._readers)

    def close(self) -> None:
        """Give everything back."""
        for one in self._readers:
            one.close()
