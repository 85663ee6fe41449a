"""Which requirements a run judges, as the command line has it."""

from fnmatch import fnmatchcase

import msgspec


class Selection(msgspec.Struct, frozen=True):
    """Which requirements the command line keeps. ``changed``: those open last time, if asked."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    changed: frozenset[str] | None = None

    def leaves_out(self, requirement: str) -> str | None:
        """The option that leaves a requirement out, or None."""
        if self.changed is not None and requirement not in self.changed:
            return "--changed-only"
        if self.only and not any(fnmatchcase(requirement, glob) for glob in self.only):
            return "--only " + " --only ".join(self.only)
        glob = next((glob for glob in self.skip if fnmatchcase(requirement, glob)), None)
        return None if glob is None else f"--skip {glob}"

    @property
    def said(self) -> str:
        """The options as they were given; empty: nothing is left out."""
        changed = () if self.changed is None else ("--changed-only",)
        only = (f"--only {glob}" for glob in self.only)
        return " ".join([*changed, *only, *(f"--skip {glob}" for glob in self.skip)])
