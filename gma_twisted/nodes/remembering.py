"""What was checked for a plan, for sections that say the same again."""

from collections.abc import Mapping

import attrs

from gma_twisted.configuration import FactorySection
from gma_twisted.configuration.comparing import same
from gma_twisted.configuration.places import Path
from gma_twisted.interfaces import IServiceKind
from gma_twisted.nodes.ownclasses import OwnClass

__all__ = ["NOTHING", "Remembered"]


@attrs.frozen(slots=True, eq=False)
class Remembered:
    """
    Classes, by the sections that name them. A module that is loaded is not loaded again, so a section that is as it was
    has the same class.

    @ivar kinds: of C{[factory.NAME]}, by NAME
    @ivar classes: of C{[store]}, C{[query.NAME]} and C{[services.NAME]}, by path
    @ivar sections: as they were, by path
    """

    kinds: Mapping[str, IServiceKind]
    classes: Mapping[Path, OwnClass]
    sections: Mapping[Path, object]

    def kind(self, name: str, section: FactorySection) -> IServiceKind | None:
        """See L{KnownKind <gma_twisted.nodes.servicekinds.KnownKind>}."""
        return self.kinds.get(name) if self._is(("factory", name), section) else None

    def own(self, path: Path, section: object) -> OwnClass | None:
        """See L{KnownClass <gma_twisted.nodes.ownclasses.KnownClass>}."""
        return self.classes.get(path) if self._is(path, section) else None

    def _is(self, path: Path, section: object) -> bool:
        return path in self.sections and same(self.sections[path], section)


NOTHING = Remembered({}, {}, {})
"""Before the first plan."""
