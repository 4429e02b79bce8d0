"""What a node and its query workers say to each other, as bytes."""

import json
import math
import struct
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.evaluation.frames import (
    FrameReader,
    readAnswer,
    readOrder,
    writeAnswer,
    writeOrder,
)
from gma_twisted.evaluation.messages import (
    Answered,
    Ask,
    Began,
    Changed,
    Extend,
    Forget,
    Look,
    Looked,
    Put,
    Refused,
    Remove,
    Unwatch,
    Watch,
)
from gma_twisted.model import (
    ElementKey,
    Freshness,
    Language,
    Lifetime,
    NameSelector,
    QName,
    Question,
    ServiceDataElement,
)

_TEXT = st.text(max_size=12)
_NAMES = st.builds(QName, _TEXT, st.text(min_size=1, max_size=8))
_KEYS = st.builds(ElementKey, _NAMES, _TEXT, _TEXT)
_INSTANTS = st.floats(0, 1e9) | st.just(math.inf)
_LIFETIMES = st.lists(_INSTANTS, min_size=3, max_size=3).map(lambda times: Lifetime(*sorted(times)))
_ELEMENTS = st.builds(
    ServiceDataElement,
    _KEYS,
    st.binary(max_size=40),
    st.binary(max_size=40),
    _LIFETIMES,
    st.floats(0, 1e10),
    st.lists(_TEXT, max_size=3).map(tuple),
    st.integers(0, 2**62),
)
_QUESTIONS = st.builds(
    Question,
    st.sampled_from(Language),
    _TEXT,
    st.lists(st.builds(NameSelector, _NAMES, st.none() | _TEXT, st.none() | _TEXT), max_size=3).map(
        tuple
    ),
    st.lists(st.tuples(_TEXT, _TEXT), max_size=3).map(tuple),
    st.sampled_from(Freshness),
)
_IDS = st.integers(0, 2**62)
_CLOCK = st.floats(0, 1e10)
_ORDERS = st.one_of(
    st.builds(Put, st.lists(_ELEMENTS, max_size=3)),
    st.builds(Extend, st.lists(st.tuples(_KEYS, _LIFETIMES), max_size=3)),
    st.builds(Remove, st.lists(_KEYS, max_size=3)),
    st.builds(Forget, st.lists(_NAMES, max_size=3)),
    st.builds(Ask, _IDS, _CLOCK, _CLOCK, _QUESTIONS, _IDS),
    st.builds(Watch, _IDS, _QUESTIONS, _IDS),
    st.builds(Unwatch, _IDS),
    st.builds(Look, _IDS, _CLOCK, _CLOCK),
)
_ANSWERS = st.one_of(
    st.builds(Began),
    st.builds(Answered, _IDS, st.binary(max_size=90), st.dictionaries(_TEXT, _CLOCK, max_size=3)),
    st.builds(Refused, _IDS, _TEXT, _TEXT, st.booleans()),
    st.builds(Changed, _IDS, st.binary(max_size=90)),
    st.builds(Looked, _IDS, _CLOCK, st.none() | _CLOCK),
)


def only(data: bytes) -> bytes:
    """The one frame in it."""
    (frame,) = FrameReader().feed(data)
    return frame


class FrameTests(SynchronousTestCase):
    """Both ways."""

    @given(_ORDERS)
    def test_orders(self, order: object) -> None:
        """What a node says is what a worker reads."""
        self.assertEqual(readOrder(only(writeOrder(order))), order)  # type: ignore[arg-type]

    @given(st.lists(_ELEMENTS, max_size=5), st.data())
    def test_known(self, elements: list[ServiceDataElement], data: st.DataObject) -> None:
        """Keys that a worker has are not made again, and others are as they were."""
        mine = [ElementKey(one.key.name, one.key.originator, one.key.key) for one in elements]
        known = {key: key for key in mine if data.draw(st.booleans())}

        def keysOf(name: QName) -> Callable[[tuple[str, str]], ElementKey | None]:
            return lambda within: known.get(ElementKey(name, *within))

        keys = [one.key for one in elements]
        for order, found in (
            (Put(elements), lambda read: [one.key for one in read.elements]),
            (
                Extend([(one.key, one.lifetime) for one in elements]),
                lambda read: [key for key, _ in read.lifetimes],
            ),
            (Remove(keys), lambda read: read.keys),
        ):
            read = readOrder(only(writeOrder(order)), keysOf)
            self.assertEqual(read, order)
            for key, had in zip(found(read), keys, strict=True):
                self.assertIs(key, known.get(had, key))

    @given(_LIFETIMES, _LIFETIMES, st.integers(1, 5))
    def test_together(self, first: Lifetime, second: Lifetime, count: int) -> None:
        """The same lifetime of values one after another is one object."""
        key = ElementKey(QName("urn:a", "one"), "o")
        told = [*[(key, first)] * count, *[(key, second)] * count, (key, first)]
        read = readOrder(only(writeOrder(Extend(told))))
        assert isinstance(read, Extend)
        self.assertEqual(read.lifetimes, told)
        self.assertEqual(len({id(one) for _, one in read.lifetimes[:count]}), 1)

    @given(_ANSWERS)
    def test_answers(self, answer: object) -> None:
        """What a worker says is what a node reads."""
        self.assertEqual(readAnswer(only(writeAnswer(answer))), answer)  # type: ignore[arg-type]

    @given(st.lists(_ANSWERS, max_size=5), st.lists(st.integers(1, 40), max_size=60))
    def test_pieces(self, answers: list[Began], sizes: list[int]) -> None:
        """However the bytes are cut on their way, the frames are the same."""
        data = b"".join(map(writeAnswer, answers))
        reader = FrameReader()
        found: list[bytes] = []
        for size in sizes:
            found += reader.feed(data[:size])
            data = data[size:]
        found += reader.feed(data)
        self.assertEqual([readAnswer(frame) for frame in found], answers)

    def test_tooLarge(self) -> None:
        """A frame that says it is larger than is read is refused before it is there."""
        reader = FrameReader(most=100)
        error = self.assertRaises(TooLarge, lambda: list(reader.feed(struct.pack("!I", 101))))
        self.assertIn("101 bytes", error.message)

    @given(st.binary(max_size=60))
    def test_anything(self, frame: bytes) -> None:
        """Whatever a worker says, it is a message or a ParameterError."""
        try:
            readAnswer(frame)
        except ParameterError as error:
            self.assertIn("query worker", error.message)

    def test_types(self) -> None:
        """Fields of other types than theirs or out of bounds, too many of them or too few are refused."""
        for number, fields, why in (
            (1, {"id": "1", "figures": {}}, "id is str"),
            (1, {"id": True, "figures": {}}, "id is bool"),
            (1, {"id": 1, "figures": {"load": "x"}}, "figures has what is no figure"),
            (2, {"id": 1, "code": 5, "message": "m", "isWatch": False}, "code is int"),
            (1, {"id": -1, "figures": {}}, "id is out of bounds"),
            (1, {"id": 2**63, "figures": {}}, "id is out of bounds"),
            (1, {"id": 1, "figures": {"load": True}}, "figures has what is no figure"),
            (1, {"id": 1, "figures": {"load": math.nan}}, "figures has a figure out of bounds"),
            (1, {"id": 1, "figures": {"load": 10**400}}, "figures has a figure out of bounds"),
            (1, {"id": 1, "figures": {f"{one}": 1 for one in range(17)}}, "figures has 17"),
            (2, {"id": 1, "code": "\ud800", "message": "m", "isWatch": False}, "surrogates"),
            (2, {"id": 1, "code": "x" * 70_000, "message": "m"}, "bytes beside a body"),
            (4, {"id": 1, "seconds": -math.inf, "rest": None}, "seconds has a figure out of"),
            (4, {"id": 1, "seconds": True, "rest": None}, "seconds"),
            (4, {"id": 1, "seconds": 1.0, "rest": math.nan}, "rest has a figure out of bounds"),
            (4, {"id": 1}, "other fields than id, seconds"),
            (4, {"id": 1, "seconds": 1.0, "rest": None, "more": 1}, "other fields than id, sec"),
        ):
            said = json.dumps(fields).encode()
            frame = struct.pack("!BI", number, len(said)) + said
            error = self.assertRaises(ParameterError, readAnswer, frame)
            self.assertIn(why, error.message)

    def test_bodies(self) -> None:
        """Only answers have a body."""
        error = self.assertRaises(ParameterError, readAnswer, struct.pack("!BI", 0, 2) + b"{}x")
        self.assertIn("body", error.message)
