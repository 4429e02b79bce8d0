"""The header of a notice: what is written is read, and whatever else comes is refused."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.markup import XMLGate
from gma_twisted.model import Delivery
from gma_twisted.soap.notices import MAX_SUBSCRIPTION, noticeEnvelope, readDelivery
from tests.soap.messages import SOAP12, opened
from tests.soap.named import TEXTS

_COUNTS = st.integers(0, 10**18 - 1)
_LEAST = {
    "subscription": "http://h/services/x/subscriptions/1",
    "epoch": "0",
    "sequence": "1",
    "sent": "2026-11-21T20:00:00Z",
}
_SENT = 1795291200.0


def _header(*blocks: str, soap: str = SOAP12) -> Delivery | None:
    header = opened("<ogsi:x/>", "".join(blocks), soap).header
    assert header is not None
    return readDelivery(header)


def _block(prefix: str = "gma:", **children: str | None) -> str:
    return _blockOf(children, prefix)


def _blockOf(children: Mapping[str, str | None], prefix: str = "gma:") -> str:
    """@param children: other texts than L{_LEAST} has; C{None} leaves one out"""
    written = "".join(
        f"<{prefix}{name}>{text}</{prefix}{name}>"
        for name, text in {**_LEAST, **children}.items()
        if text is not None
    )
    return f"<gma:delivery>{written}</gma:delivery>"


class ReadTests(SynchronousTestCase):
    """What is read."""

    def test_least(self) -> None:
        """Without snapshot and dropped the notice is a part of no snapshot, and nothing was left out."""
        self.assertEqual(_header(_block()), Delivery(_LEAST["subscription"], 0, 1, _SENT, False, 0))

    def test_everything(self) -> None:
        """Epoch, sequence and what was dropped have up to 18 digits; blanks around any text do not count."""
        block = _block(
            subscription="\n http://h/s\t",
            epoch=" 999999999999999999 ",
            sequence="000000000000000007",
            sent="2026-11-21T20:00:00.250Z",
            snapshot="true",
            dropped="12",
        )
        self.assertEqual(
            _header(block), Delivery("http://h/s", 10**18 - 1, 7, _SENT + 0.25, True, 12)
        )

    def test_unqualified(self) -> None:
        """Children without a namespace are read too, in any order."""
        block = _block("", epoch=None).replace("<sequence>", "<epoch>5</epoch><sequence>")
        self.assertEqual(_header(block), Delivery(_LEAST["subscription"], 5, 1, _SENT))

    def test_none(self) -> None:
        """A header with other blocks only is one of a source that does not count."""
        self.assertIsNone(_header())
        self.assertIsNone(_header("<ogsi:delivery/><delivery/>"))

    def test_amongOthers(self) -> None:
        """Other blocks do not matter, in either version of SOAP."""
        for soap in ("http://schemas.xmlsoap.org/soap/envelope/", SOAP12):
            read = _header("<gma:other/>", _block(), "<ogsi:delivery/>", soap=soap)
            self.assertEqual(read, Delivery(_LEAST["subscription"], 0, 1, _SENT))

    def test_longest(self) -> None:
        """A handle of the most characters is read."""
        read = _header(_block(subscription="h" * MAX_SUBSCRIPTION))
        assert read is not None
        self.assertEqual(len(read.subscription), 2048)


_REFUSED: list[tuple[dict[str, str | None], str]] = [
    ({"subscription": None}, "subscription is missing"),
    ({"subscription": " "}, "subscription: a handle has 1 to 2048 characters, this one has 0"),
    ({"subscription": "h" * 2049}, "this one has 2049"),
    ({"subscription": "<gma:x/>"}, "subscription holds text"),
    ({"epoch": None}, "epoch is missing"),
    ({"epoch": ""}, 'epoch: "" is not a count of at most 18 digits'),
    ({"epoch": "-1"}, 'epoch: "-1"'),
    ({"epoch": "+1"}, 'epoch: "+1"'),
    ({"epoch": "1.0"}, 'epoch: "1.0"'),
    ({"epoch": "1e3"}, 'epoch: "1e3"'),
    ({"epoch": "1 2"}, 'epoch: "1 2"'),
    ({"epoch": "1_2"}, 'epoch: "1_2"'),
    ({"epoch": "\u0661"}, "u0661"),
    ({"epoch": "1" * 19}, "of at most 18 digits"),
    ({"sequence": None}, "sequence is missing"),
    ({"sequence": "0"}, "sequence: the first notice of an epoch has number 1"),
    ({"sequence": "000"}, "has number 1"),
    ({"sequence": "-1"}, 'sequence: "-1"'),
    ({"sequence": "1" * 19}, "sequence"),
    ({"sent": None}, "sent is missing"),
    ({"sent": "now"}, 'sent: "now" is not a dateTime'),
    ({"sent": "infinity"}, "sent"),
    ({"sent": "10000-01-01T00:00:00Z"}, "in no year from 1 to 9999"),
    ({"sent": "-0001-01-01T00:00:00Z"}, "in no year from 1 to 9999"),
    ({"snapshot": "yes"}, 'snapshot: "yes" is not true or false'),
    ({"dropped": "-1"}, 'dropped: "-1"'),
    ({"more": "1"}, "more"),
]


class RefuseTests(SynchronousTestCase):
    """What is not."""

    def test_malformed(self) -> None:
        """A child that is malformed, missing or unknown is refused by name."""
        for children, expected in _REFUSED:
            error = self.assertRaises(ParameterError, _header, _blockOf(children))
            self.assertIn(expected, error.message)
            self.assertLess(len(error.message), 200)

    def test_twice(self) -> None:
        """Two blocks, or a child twice, say nothing."""
        error = self.assertRaises(ParameterError, _header, _block(), _block())
        self.assertIn("2 blocks gma:delivery", error.message)
        twice = _block().replace("<gma:epoch>", "<gma:epoch>1</gma:epoch><gma:epoch>")
        self.assertRaises(ParameterError, _header, twice)

    @given(
        st.dictionaries(
            st.sampled_from(["subscription", "epoch", "sequence", "sent", "snapshot", "dropped"]),
            st.text("0123456789-+.TZ:eE \n\u0661", max_size=22),
        )
    )
    def test_anyText(self, children: dict[str, str]) -> None:
        """Whatever stands in the children, it is a delivery within its bounds or a ParameterError."""
        try:
            read = _header(_blockOf(children))
        except ParameterError:
            return
        assert read is not None
        self.assertTrue(0 <= read.epoch < 10**18 and 1 <= read.sequence < 10**18)
        self.assertTrue(1 <= len(read.subscription) <= MAX_SUBSCRIPTION)


class RoundTripTests(SynchronousTestCase):
    """What is written is read again."""

    @given(
        TEXTS.map(str.strip).filter(bool),
        _COUNTS,
        _COUNTS.filter(bool),
        st.integers(-(10**12), 10**13),
        st.booleans(),
        _COUNTS,
    )
    def test_roundTrip(
        self,
        subscription: str,
        epoch: int,
        sequence: int,
        milliseconds: int,
        isSnapshot: bool,
        dropped: int,
    ) -> None:
        """A delivery comes back, its time to the millisecond."""
        delivery = Delivery(subscription, epoch, sequence, milliseconds / 1000, isSnapshot, dropped)
        root = XMLGate().parse(noticeEnvelope(b"<gma:changes/>", delivery))
        read = readDelivery(root[0])
        assert read is not None
        self.assertAlmostEqual(read.sent, delivery.sent, 3)
        self.assertEqual(
            (read.subscription, read.epoch, read.sequence, read.isSnapshot, read.dropped),
            (subscription, epoch, sequence, isSnapshot, dropped),
        )
