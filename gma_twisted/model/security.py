"""What the header of a message shows of who sent it (WS-Security 1.0; Username Token Profile 1.0 and 1.1)."""

import attrs

__all__ = ["SecurityHeader", "UsernameToken"]


@attrs.frozen(slots=True)
class UsernameToken:
    """
    A name, and a password or what was made of one.

    @ivar username: as it was written
    @ivar password: the password itself, or the Base64 of its digest; never shown
    @ivar isDigest: which of them
    @ivar nonce: 16 to 64 bytes that come once; empty without one
    @ivar created: the text of wsu:Created; empty without one
    @ivar createdAt: what it says, in seconds since 1970; C{None} without one
    """

    username: str
    password: str = attrs.field(repr=False)
    isDigest: bool = False
    nonce: bytes = b""
    created: str = ""
    createdAt: float | None = None


@attrs.frozen(slots=True)
class SecurityHeader:
    """
    A header block wsse:Security.

    @ivar token: C{None} without one
    @ivar created: of its wsu:Timestamp, in seconds since 1970; C{None} where that says nothing
    @ivar expires: likewise
    """

    token: UsernameToken | None = None
    created: float | None = None
    expires: float | None = None
