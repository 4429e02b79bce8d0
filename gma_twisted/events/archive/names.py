"""Which names of events a glob means, without a look at all names there are: anybody makes up as many as they like."""

import sqlite3
from collections.abc import Callable, Set

import attrs

from gma_twisted.model.glob import Glob, isGlob

__all__ = ["Names", "namesLike"]

_ALL = "*"
# Names looked at to see which a glob means, a few milliseconds of work.
_LOOKED = 2_000


@attrs.frozen(slots=True, eq=False)
class Names:
    """
    Names that are meant.

    @ivar ids: of all of them; C{None} where that is not known
    @ivar has: whether one is among them, by its id; C{None} when all are
    """

    ids: Set[int] | None
    has: Callable[[int], bool] | None

    @property
    def isNone(self) -> bool:
        """Whether certainly no event has one of them."""
        return self.ids is not None and not self.ids


def namesLike(connection: sqlite3.Connection, name: str, textOf: Callable[[int], str]) -> Names:
    """
    Those a name or a glob means. A glob that may mean very many is compared with the names of the rows looked at only.

    @param textOf: gives a name by its id
    @raise sqlite3.Error: the disk
    """
    if name == _ALL:
        return Names(None, None)
    if not isGlob(name):
        found = connection.execute("SELECT id FROM names WHERE text = ?", (name,))
        return _these({id for (id,) in found})
    glob = Glob(name)
    prefix = _prefixOf(name)
    ids: set[int] = set()
    rows = connection.execute(
        "SELECT id, text FROM names WHERE text >= ? ORDER BY text LIMIT ?", (prefix, _LOOKED)
    ).fetchall()
    for id, text in rows:
        if not text.startswith(prefix):
            return _these(ids)
        if glob.matches(text):
            ids.add(id)
    if len(rows) < _LOOKED:
        return _these(ids)
    return Names(None, lambda id: glob.matches(textOf(id)))


def _these(ids: Set[int]) -> Names:
    return Names(ids, ids.__contains__)


def _prefixOf(glob: str) -> str:
    """What every name it means begins with."""
    return glob[: min(glob.find(sign) for sign in "*?" if sign in glob)]
