"""A configuration as far as it reads well, with every mistake found so far: whoever checks on adds his."""

from collections.abc import Sequence

import attrs

from gma_twisted.configuration.mistakes import Mistake, Source
from gma_twisted.configuration.places import Path
from gma_twisted.configuration.sections import Configuration

__all__ = ["Draft"]


@attrs.frozen(slots=True)
class Draft:
    """
    What was read.

    @ivar configuration: a key that does not read well has its default
    @ivar source: says where each key stands
    @ivar mistakes: what does not read well
    @ivar doubts: what reads well and may not mean what it says: a line each, complete with file, line, column and key
    """

    configuration: Configuration
    source: Source
    mistakes: Sequence[Mistake] = ()
    doubts: Sequence[str] = ()
    # What has a mistake, and all that holds such a thing: a thousand sections may be asked about.
    _wrong: frozenset[Path] = attrs.field(init=False, repr=False, eq=False)

    @_wrong.default
    def _wrongPaths(self) -> frozenset[Path]:
        paths = [one.path for one in self.mistakes]
        return frozenset(path[:length] for path in paths for length in range(len(path) + 1))

    def reads(self, path: Path) -> bool:
        """Whether a section reads well, with all it holds: what depends on it can be checked."""
        return path not in self._wrong

    def checked(self) -> tuple[Configuration, Source]:
        """The configuration and its source. @raise Mistakes: all there are"""
        if self.mistakes:
            raise self.source.refuse(self.mistakes)
        return self.configuration, self.source
