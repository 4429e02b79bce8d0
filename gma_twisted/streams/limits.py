"""What sending lines may take."""

import attrs

__all__ = ["StreamLimits"]

_KIB = 1024
_MIB = 1024**2
_GIB = 1024**3


@attrs.frozen(slots=True)
class StreamLimits:
    """
    Bounds of one plane of lines. Bytes are those of lines, of a look-back those of its events as XML, about.

    @ivar lines: that wait in one group; who has not got the oldest by then does not get it, and that is told
    @ivar bytes: the same in bytes, and the same of what waits for one member alone
    @ivar allBytes: of all that waits in a plane; above it, the owner who has most waiting loses the oldest
    @ivar connectSeconds: for one attempt to connect
    @ivar linger: seconds that lines are gathered after others were sent; what comes later than that is sent at once
    @ivar closingSeconds: that a connection has to take what it was handed, when it is closed
    @ivar handedBytes: handed to one connection before it has taken what it was handed before, but for one larger line
    @ivar datagramBytes: of one datagram; longer lines are left out, and that is told
    @ivar files: below the directory of files that are appended to, and directories, whoever made them; of more none is
        made
    @ivar filesBytes: of all these files; above it nothing is appended until some are taken away
    """

    lines: int = 10_000
    bytes: int = 8 * _MIB
    allBytes: int = 256 * _MIB
    connectSeconds: float = 10.0
    linger: float = 0.05
    closingSeconds: float = 5.0
    handedBytes: int = 64 * _KIB
    datagramBytes: int = 65_000
    files: int = 1_000
    filesBytes: int = 4 * _GIB
