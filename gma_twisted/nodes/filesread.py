"""What stands in the files that a configuration names, beside those with classes."""

from collections.abc import Sequence

import attrs

from gma_twisted.configuration import Draft, Mistake
from gma_twisted.nodes.identities import Identified, identified
from gma_twisted.nodes.securing import Secured, secured

__all__ = ["FilesRead", "readFiles"]


@attrs.frozen(slots=True, eq=False)
class FilesRead:
    """
    Certificates, passwords and tokens.

    @ivar secured: see L{gma_twisted.nodes.securing.secured}
    @ivar identified: see L{gma_twisted.nodes.identities.identified}
    """

    secured: Secured
    identified: tuple[Identified, Sequence[Mistake], Sequence[str]]


def readFiles(draft: Draft, now: float) -> FilesRead:
    """
    Read them all. It may be done in a thread.

    @param now: wall time, seconds since 1970
    """
    return FilesRead(secured(draft, now), identified(draft))
