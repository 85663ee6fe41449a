"""Who claims a name, for half a million users, in eight octets a claim.

A name is kept as its hash, which Python keys anew for each process: nobody can make two names meet
on purpose, and by chance they do once in ten million runs of a million names.
"""

from array import array
from bisect import bisect_left, bisect_right

_PARTS = 256


def hashed(name: str) -> int:
    """What is kept of a name: equal for names that differ in case only."""
    return hash(name.lower())


class Claims:
    """Names and how often each is claimed. Add all of them, then ``settle``, then ask."""

    def __init__(self) -> None:
        self._parts = [array("q") for _ in range(_PARTS)]
        self._settled = True

    def add(self, name: int) -> None:
        """Claim a hashed name once more."""
        self._parts[name % _PARTS].append(name)
        self._settled = False

    def settle(self) -> None:
        """Put the claims in order; one part at a time, so that little is held twice."""
        for number, part in enumerate(self._parts):
            self._parts[number] = array("q", sorted(part))
        self._settled = True

    def count(self, name: int) -> int:
        """How often a hashed name is claimed."""
        if not self._settled:
            self.settle()
        part = self._parts[name % _PARTS]
        first = bisect_left(part, name)
        if first == len(part) or part[first] != name:
            return 0
        return bisect_right(part, name, first) - first

    def __contains__(self, name: int) -> bool:
        return self.count(name) > 0

    def __len__(self) -> int:
        return sum(map(len, self._parts))
