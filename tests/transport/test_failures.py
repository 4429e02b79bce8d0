"""Why connections fail, in words."""

from OpenSSL.SSL import Error as TLSError
from twisted.internet.error import (
    ConnectionLost,
    ConnectionRefusedError,
    DNSLookupError,
    TCPTimedOutError,
)
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport.failures import whyOf


class WhyTests(SynchronousTestCase):
    """What libraries raise."""

    def test_words(self) -> None:
        """Each reason is said once, and as people say it."""
        routines = "SSL routines"
        for error, why in (
            (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
            (TCPTimedOutError(110, "Connection timed out"), "Connection timed out"),
            (DNSLookupError("nobody knows x"), "DNS lookup failed: nobody knows x"),
            (
                ConnectionLost("reset"),
                "Connection to the other side was lost in a non-clean fashion: reset",
            ),
            (TLSError([(routines, "", "wrong version number")]), "it does not speak TLS"),
            (
                TLSError([(routines, "", "certificate verify failed"), (routines, "", "x")]),
                "TLS failed: certificate verify failed, x",
            ),
            (
                TLSError([(routines, "", "tlsv13 alert certificate required")]),
                "it wants a certificate, and none is shown; set certificate under [tls]",
            ),
            (
                TLSError([(routines, "", "tlsv1 alert unknown ca")]),
                "it does not know the authority of our certificate",
            ),
            (TLSError([]), "TLS failed"),
            (TLSError(), "TLS failed"),
            (TLSError("odd"), "TLS failed"),
            (ValueError("other."), "other"),
        ):
            self.assertEqual(whyOf(error), why)
