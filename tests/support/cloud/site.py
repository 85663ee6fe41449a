"""The Configuration Manager site that a test invents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from cloud.site_classes import ProviderClass, declared, known_classes
from cloud.wire import Json

Row: TypeAlias = Mapping[str, Json]


@dataclass
class Site:
    """``classes`` maps class names to rows; a class that is not there answers 404.

    ``more_classes`` declares properties of classes that the stand-in does not know (marks as in
    ``site_classes``). ``hidden`` drops rows that the caller's role does not show, in silence.
    ``app_id_uri`` is the server app's, the audience of bearer tokens.
    """

    provider_fqdn: str = "cm01.contoso.local"
    classes: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    more_classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hidden: Mapping[str, Callable[[Row], bool]] = field(default_factory=dict)
    app_id_uri: str = "https://ConfigMgrService"
    app_client_id: str = "2f1d3b5a-0000-4000-8000-00000000c0de"

    def described(self) -> dict[str, ProviderClass]:
        """Return every class that the site has; raise where the data do not fit."""
        known = known_classes()
        known |= {name: declared(name, list(words)) for name, words in self.more_classes.items()}
        for name, rows in self.classes.items():
            if name not in known:
                raise LookupError(f"the site's data name a class that is not declared: {name}")
            for row in rows[:300]:
                unknown = set(row) - set(known[name].properties)
                if unknown:
                    raise LookupError(f"{name} has no property {sorted(unknown)}")
        return {name: known[name] for name in self.classes}
