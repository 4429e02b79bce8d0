"""BP against NetLogger's own Python modules: what we write they read, and what they write we read."""

import random
from collections.abc import Mapping

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import NotRepresentable
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import bp
from tests.integration.netloggeroracle import readByOracle, writtenByOracle

_COUNT = 20_000
# From 2000 to 2099: its reader takes a time that begins with 1 for seconds, and a double has microseconds no longer.
_FIRST, _LAST = 946_684_800 * 10**6, 4_102_444_800 * 10**6
_WORD = 'ab0. "=\\-e\u00a0\u2028é'
_HARD = _WORD + "\t"
_PLAIN = "abcXYZ019._-/:[]"
_ODD = ("", "007", "1.10", "-0", "1e5", "inf", "nan", "-", "20070215110702.763298", "12", "-1.5")


def _text(luck: random.Random, alphabet: str) -> str:
    return "".join(luck.choice(alphabet) for _ in range(luck.randrange(14)))


def _number(luck: random.Random) -> int | float:
    if luck.random() < 0.5:
        return luck.randrange(-(10**37), 10**37) if luck.random() < 0.2 else luck.randrange(10**6)
    return luck.uniform(-1, 1) * 10.0 ** luck.randrange(-300, 300)


def _name(luck: random.Random) -> str:
    return luck.choice("abcXYZ") + _text(luck, "abcXYZ019_.-")


def _event(luck: random.Random) -> Event:
    when = Timestamp(luck.randrange(_FIRST, _LAST) * 1000)
    sequence = luck.randrange(2**63) if luck.random() < 0.2 else None
    event = Event(
        _text(luck, _WORD) + "e", when, luck.choice((None, _text(luck, _PLAIN))), sequence
    )
    for name in sorted({_name(luck) for _ in range(luck.randrange(8))}):
        if name not in ("ts", "event"):
            kind = luck.randrange(4)
            value = (
                _number(luck)
                if kind == 0
                else luck.choice(_ODD)
                if kind == 1
                else _text(luck, _HARD if kind == 2 else _PLAIN)
            )
            units = _text(luck, _WORD) if luck.random() < 0.2 else None
            event.add(EventField(name, value, units))
    return event


def _expected(event: Event) -> dict[str, object]:
    said: dict[str, object] = {"ts": event.timestamp.nanoseconds // 1000, "event": event.name}
    for field in event.fields:
        said[field.name] = str(field.value)
        if field.units is not None:
            said[f"{field.name}._units"] = field.units
    if event.id is not None:
        said["gma.id"] = event.id
    if event.sequence is not None:
        said["gma.seq"] = str(event.sequence)
    return said


def _theirs(luck: random.Random) -> tuple[str, float, Mapping[str, object]]:
    fields: dict[str, object] = {}
    for _ in range(luck.randrange(8)):
        # It writes line breaks and blanks of other alphabets as they are.
        text = _text(luck, 'ab0. "=\t-eé')
        number = luck.randrange(-(10**9), 10**9)
        value: object = luck.choice((text, number, round(luck.uniform(-1e6, 1e6), 6)))
        fields["f" + _text(luck, "abcXYZ019").lower()] = value
    return "e." + _text(luck, "abc."), luck.randrange(_FIRST, 2 * _FIRST) / 10**6, fields


class OracleTests(SynchronousTestCase):
    """The modules of pegasus-wms."""

    timeout = 300

    def test_reads(self) -> None:
        """Twenty thousand random events that we write it reads as they are: names, times, texts and numbers."""
        luck = random.Random(20091208)
        lines: list[bytes] = []
        expected = []
        while len(lines) < _COUNT:
            event = _event(luck)
            try:
                lines.append(bp.write(event))
            except NotRepresentable:
                continue
            expected.append(_expected(event))
        for one, said, line in zip(expected, readByOracle(lines), lines, strict=True):
            self.assertNotIn("error", said)
            self.assertEqual({**said, "ts": round(said["ts"] * 10**6)}, one, line)

    def test_writes(self) -> None:
        """Twenty thousand random lines of it we read as what it wrote; what it writes bare and is a number, as that."""
        luck = random.Random(20041001)
        asked = [_theirs(luck) for _ in range(_COUNT)]
        for (name, time, fields), line in zip(asked, writtenByOracle(asked), strict=True):
            read = bp.read(line)
            self.assertEqual(read.name, name)
            # It cuts a time where we round.
            self.assertLess(abs(read.timestamp.seconds - time), 2e-6)
            found = {one.name: one.value for one in read.fields}
            self.assertEqual(found.pop("level"), "Info")
            self.assertEqual(found.keys(), fields.keys())
            for key, value in fields.items():
                if isinstance(value, str) and isinstance(found[key], str):
                    self.assertEqual(found[key], value)
                else:
                    self.assertEqual(float(str(found[key])), float(str(value)), line)
