"""Who is at the other end of a connection, as the certificate it showed says."""

import math
from collections.abc import Sequence

import attrs

__all__ = ["Certificate"]


@attrs.frozen(slots=True)
class Certificate:
    """
    What a certificate says of whom it was made for; it was verified before.

    @ivar subject: distinguished name as of RFC 4514, C{CN=site-a,O=VO}; empty when it has none
    @ivar names: alternative names, C{DNS:site-a.example.org}, C{URI:...}, C{IP:10.0.0.1}, in their order; those of
        other kinds are left out
    @ivar notAfter: when it ends, seconds since 1970; two that say the same otherwise are the same
    """

    subject: str
    names: Sequence[str] = ()
    notAfter: float = attrs.field(default=math.inf, eq=False)
