"""The challenge of a sink, from both sides."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import Handle
from gma_twisted.soap.notices import challenged, tokenIn


class ChallengeTests(SynchronousTestCase):
    """A token in the query of a URL."""

    def test_roundTrip(self) -> None:
        """What is asked with is what is answered, whether the sink's URL has a query or not."""
        for url in ("http://h/sink", "http://h/sink?a=1", "http://h/sink?xgma-challenge=no"):
            asked = challenged(Handle(url), "0f" * 16)
            self.assertTrue(asked.url.startswith(url))
            self.assertEqual(tokenIn(asked.url.partition("?")[2].encode()), b"0f" * 16)

    def test_none(self) -> None:
        """What is no challenge, or would be something to a reader, has no token."""
        for query in (
            b"",
            b"wsdl",
            b"gma-challenge=",
            b"xgma-challenge=1",
            b"gma-challenge=<script>",
            b"gma-challenge=%3Cscript%3E",
            b"gma-challenge=a\nb",
            b"gma-challenge=" + b"a" * 129,
            b"gma-challenge=\xff",
            b"gma-challenge=a&gma-challenge=b",
            b"gma-challenge=a&b=c&gma-challenge=a",
            b"gma-challenge=&gma-challenge=b",
            b"gma-challenge&gma-challenge=b",
        ):
            self.assertIsNone(tokenIn(query), query)
