"""
C{python -m tests.netlogger.fuzz --lines 1000000}: whatever a line is, reading it raises nothing but the named errors.

Lines are mutations of valid ones in BP, ULM and XML, and of data URLs, pieces of them put together, and random bytes.
What is read is looked at, and written and read again.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from gma_twisted.errors import RequestError
from gma_twisted.markup.events import readEvent
from gma_twisted.markup.parse import XMLGate
from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import Dialect, bp, ulm
from gma_twisted.netlogger.dataurl import DataUrl, LineFormat
from gma_twisted.netlogger.lines import LineReader, LineWriter, styleOf
from gma_twisted.netlogger.numbers import Beginning, beginning, missed, numbersOf
from tests.netlogger.lives import LIVES

__all__ = ["fuzz", "main"]

_GATE = XMLGate()
_WHEN = Timestamp(1_260_294_210_123_456_000)
_URLS = (
    b"x-netlog://collector.example.org:14830?format=bp&level=Info&const.site=cern&numbers=yes",
    b"x-netlog-udp://[::1]?dialect=full&const.a=%20%22b",
    b"file:/var/lib/gma/lines/host.bp?format=ulm&level=3",
)
# What readers look for.
_TOKENS = (
    *(b'"', b'\\"', b"\\", b"=", b" ", b"  ", b"\t", b"\n", b"\r\n", b"\0", b"\xff", b"\xc2\xa0"),
    *(b"ts=", b"event=", b"DATE=", b"NL.EVNT=", b"HOST=", b"gma.seq=", b"gma.prev=", b"gma.id="),
    *(b"._units=", b"k=1", b' k="', b"-0", b"1e999", b"1" * 39, b"9" * 400, b"0" * 17 + b".1"),
    *(b"a" * 257, b"&#0;", b"<", b">", b"]]>", b"&lt;", b"<!DOCTYPE x>", b"Z", b"T24:00:00", b"%"),
    *("٣".encode(), "\u2028".encode(), "\ufffe".encode(), b"\xed\xa0\x80", b"nan", b"inf", b"?"),
)


def _seeds() -> list[bytes]:
    event = Event("App", _WHEN, "run-7", 17)
    for name, value in (("Program", "GridFTP"), ("n", -3), ("f", 2.5), ("msg", 'say "hi" = \\')):
        event.add(EventField(name, value))
    event.add(EventField("Bandwidth", 100.0, "Mb/s"))
    # The classic dialect has no word for a backslash at the end.
    writers = [LineWriter(format, Dialect.FULL) for format in LineFormat]
    writers += [LineWriter(format, Dialect.FULL, isNumbered=True) for format in LineFormat]
    begin = Beginning(5, "life", 12, 15).event(_WHEN)
    lines = [writer.write(event, 17, 12) for writer in writers]
    lines += [writer.plain(one) for writer in writers for one in (begin, missed(3, _WHEN))]
    return [*lines, *LIVES, *_URLS, b'ts=1260294210.5 event="a b" k="" x=1.10 k=2']


def _mutated(luck: random.Random, seeds: Sequence[bytes]) -> bytes:
    line = luck.choice(seeds)
    kind = luck.random()
    if kind < 0.05:
        return luck.randbytes(luck.randrange(200))
    if kind < 0.15:
        other = luck.choice(seeds)
        line = line[: luck.randrange(len(line))] + other[luck.randrange(len(other)) :]
    for _ in range(luck.choice((0, 1, 1, 1, 2, 3, 8))):
        start = luck.randrange(len(line) + 1)
        end = start + luck.choice((0, 0, 1, 1, 4, 40))
        put = luck.choice(_TOKENS) if luck.random() < 0.7 else luck.randbytes(luck.randrange(4))
        line = line[:start] + put + line[end:]
    return line


def _look(event: Event, isStrict: bool, dialect: Dialect) -> None:
    """All who take events off lines do."""
    for write, read in ((bp.write, bp.read), (ulm.write, ulm.read)):
        try:
            line = write(event, dialect)
        except RequestError:
            continue
        again = read(line, isStrict, dialect)
        if write is bp.write and again != event:
            raise AssertionError(f"read {again.fields} again of {line!r}")
    beginning(event)
    numbersOf(event)


def _readLine(line: bytes, isStrict: bool, dialect: Dialect) -> Event | None:
    reader = LineReader(isStrict, dialect, lambda text: readEvent(_GATE.parse(text, "a line")))
    return reader.read(line)


def _readURL(line: bytes, isStrict: bool, dialect: Dialect) -> None:
    url = DataUrl.parse(line.decode(errors="replace"))
    if DataUrl.parse(str(url)) != url:
        raise AssertionError(f"{url} is not read as it was")
    styleOf(url, line[-3:].decode(errors="replace") if isStrict else None)


_WAYS: Mapping[str, Callable[[bytes, bool, Dialect], Event | None]] = {
    "bp": bp.read,
    "ulm": ulm.read,
    "line": _readLine,
}


def fuzz(lines: int, seed: int) -> Counter[str]:
    """
    Read so many lines.

    @return: how often each way ended how
    @raise AssertionError: something else than a named error came, or what was read is written otherwise
    """
    luck = random.Random(seed)
    seeds, ended = _seeds(), Counter[str]()
    for _ in range(lines):
        line = _mutated(luck, seeds)
        isStrict, dialect = luck.random() < 0.5, luck.choice(list(Dialect))
        way = "line" if luck.random() < 0.6 else luck.choice(list(_WAYS))
        try:
            if line[:6].lower() in (b"x-netl", b"file:/"):
                way = "url"
                _readURL(line, isStrict, dialect)
            else:
                event = _WAYS[way](line, isStrict, dialect)
                if event is not None:
                    _look(event, isStrict, dialect)
        except RequestError as error:
            ended[f"{way}: {type(error).__name__}"] += 1
        except Exception as error:
            raise AssertionError(f"{way}, {isStrict}, {dialect}: {line!r}") from error
        else:
            ended[f"{way}: read"] += 1
    return ended


def main(arguments: Sequence[str]) -> int:
    """Run the command. @return: exit status"""
    parser = argparse.ArgumentParser(prog="python -m tests.netlogger.fuzz")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    for how, count in sorted(fuzz(given.lines, given.seed).items()):
        sys.stdout.write(f"{count:>9,} {how}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
