"""What one registry holds at most: each bound is checked before a commit is applied, and named when it is passed."""

import attrs

from gma_twisted.stores.limits import checkBounds

__all__ = ["RegistryLimits"]

_GIB = 1024**3
_KIB = 1024


@attrs.frozen(slots=True)
class RegistryLimits:
    """
    Bounds of a registry. An entry whose time has passed counts until it is swept, at most a moment later.

    @ivar entries: entries
    @ivar perOwner: entries of one owner
    @ivar contentSize: bytes of one entry's content
    @ivar size: everything else in one entry, as L{textOf <gma_twisted.stores.registry.view.textOf>} counts
    @ivar attributes: attributes of one entry
    @ivar interfaces: interfaces of one member
    @ivar bytes: of all entries, as L{weight <gma_twisted.stores.registry.view.weight>} counts them
    @ivar batch: commands of one commit
    @ivar queued: commands of the commits that wait, together
    @ivar remembered: entries that are over and from which a page can still go on
    """

    entries: int = 2_000_000
    perOwner: int = 100_000
    contentSize: int = 64 * _KIB
    size: int = 64 * _KIB
    attributes: int = 64
    interfaces: int = 64
    bytes: int = 4 * _GIB
    batch: int = 10_000
    queued: int = 200_000
    remembered: int = 20_000

    def __attrs_post_init__(self) -> None:
        checkBounds(self)
