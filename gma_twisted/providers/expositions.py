"""Pages of metrics: Prometheus' text format 0.0.4 and OpenMetrics 1.0, read line by line.

Which of the two a page is, its last line says: OpenMetrics ends with C{# EOF}. They differ in little else that matters
here: what the samples of a family may be called, and whether timestamps are milliseconds or seconds.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence

import attrs

from gma_twisted.errors import ProviderFailed, TooLarge, cut

__all__ = ["KINDS", "LONGEST_LINE", "UNKNOWN", "ExpositionReader", "Family", "Sample"]

UNKNOWN = "unknown"
"""The type of a family of which the page says none; Prometheus' C{untyped} too."""

_SUFFIXES = {
    "counter": ("_total", "_created"),
    "gauge": (),
    "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
    "histogram": ("_bucket", "_count", "_sum", "_created"),
    "info": ("_info",),
    "stateset": (),
    "summary": ("_count", "_sum", "_created"),
    UNKNOWN: (),
}
_ANY_SUFFIX = sorted({one for each in _SUFFIXES.values() for one in each})

KINDS = tuple(_SUFFIXES)
"""The types of families."""

LONGEST_LINE = 64 * 1024
"""Most characters of a line: one is read in a turn of the reactor."""

# Possessive throughout: a line takes time as it is long, however hostile.
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*+"
_SAMPLE = re.compile(
    rf"[ \t]*+(?P<name>{_NAME})[ \t]*+"
    r'(?:\{(?P<labels>(?:[^"}]|"(?:[^"\\]|\\.)*+")*+)\}[ \t]*+|(?<=[ \t]))'
    r"(?P<value>[^ \t#]++)(?:[ \t]++(?P<time>[^ \t#]++))?+[ \t]*+(?P<exemplar>#.*+)?"
)
_LABEL = re.compile(
    r'[ \t]*+([a-zA-Z_][a-zA-Z0-9_]*+)[ \t]*+=[ \t]*+"((?:[^"\\]|\\.)*+)"[ \t]*+(?:,|\Z)'
)
_TOLD = re.compile(rf"#[ \t]++(HELP|TYPE|UNIT)[ \t]++({_NAME})(?:[ \t]++(.*+)|)")
_TELLING = re.compile(r"#[ \t]++(?:HELP|TYPE)(?![^ \t])")
_FINITE = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_INFINITE = re.compile(r"([+-]?)inf(?:inity)?", re.IGNORECASE)
_ESCAPE = re.compile(r'\\([\\n"])')
_END = "# EOF"
_CURE = "name the families that are wanted, or make most more"
_LONGEST_NUMBER = 64
# Families, however few samples are kept: those without samples are small, and common.
_FAMILIES = 10_000
_MILLISECONDS = 1000.0
# Characters.
_STEP = 4096


@attrs.frozen(slots=True)
class Sample:
    """
    One line.

    @ivar name: that of its family, perhaps with a suffix
    @ivar labels: names and values, in the order of the page
    @ivar value: as C{xsd:double} writes it; of a finite one the digits of the page
    @ivar timestamp: seconds since 1970; C{None} where the page says nothing
    """

    name: str
    labels: Sequence[tuple[str, str]]
    value: str
    timestamp: float | None = None


@attrs.define(slots=True, eq=False)
class Family:
    """
    What is measured.

    @ivar name: of it
    @ivar isKept: whether it is wanted: others are forgotten when the next one begins
    @ivar kind: one of L{KINDS}
    @ivar help: a sentence for people
    @ivar unit: of OpenMetrics
    @ivar samples: in the order of the page
    """

    name: str
    isKept: bool
    kind: str = UNKNOWN
    help: str = ""
    unit: str = ""
    samples: list[Sample] = attrs.field(factory=list)


@attrs.define(slots=True, eq=False)
class ExpositionReader:
    """
    Reads one page.

    @ivar what: how error messages name it
    @ivar most: samples that are kept; of families, of which many may have none, as many or ten thousand
    @ivar keeps: whether the family of a name is wanted; the lines of others must be right all the same
    @ivar families: those that are wanted by name, in the order of the page; there may be some without samples
    """

    what: str
    most: int
    keeps: Callable[[str], bool]
    families: dict[str, Family] = attrs.field(factory=dict, init=False)
    _isOpenMetrics: bool = attrs.field(default=False, init=False)
    _line: int = attrs.field(default=0, init=False)
    _count: int = attrs.field(default=0, init=False)
    # Lines of one family mostly come together.
    _current: Family | None = attrs.field(default=None, init=False)

    def steps(self, page: bytes) -> Iterator[None]:
        """
        Read a page, some lines in each step.

        @raise ProviderFailed: it is of neither format; the message says in which line and why
        @raise TooLarge: it has more than L{most} samples that are kept, too many families that are, or a line longer
            than L{LONGEST_LINE}
        """
        try:
            text = page.decode("utf-8")
        except UnicodeDecodeError as error:
            self._line = page.count(b"\n", 0, error.start) + 1
            raise self._wrong("it is not UTF-8") from None
        last = text.removesuffix("\n")
        self._isOpenMetrics = last[last.rfind("\n") + 1 :] == _END
        begin = step = 0
        while begin < len(text):
            end = text.find("\n", begin)
            end = len(text) if end < 0 else end
            self._line += 1
            if end - begin > LONGEST_LINE:
                raise TooLarge(
                    f"{self.what}, line {self._line}: it is longer than {LONGEST_LINE} characters"
                )
            self._read(text[begin:end])
            begin = end + 1
            if begin - step > _STEP:
                step = begin
                yield

    def _read(self, line: str) -> None:
        found = _SAMPLE.fullmatch(line)
        if found is None:
            self._readOther(line)
            return
        name, labels, value, time, exemplar = found.groups()
        if exemplar and not self._isOpenMetrics:
            raise self._wrong(f'"{cut(exemplar)}" follows the sample')
        family = self._familyOf(name)
        sample = Sample(
            name,
            self._labels(labels) if labels else (),
            self._value(value),
            self._timestamp(time) if time else None,
        )
        if not family.isKept:
            return
        self._count += 1
        if self._count > self.most:
            raise TooLarge(f"{self.what} has more than {self.most} samples", cure=_CURE)
        family.samples.append(sample)

    def _readOther(self, line: str) -> None:
        told = _TOLD.fullmatch(line)
        if told is not None:
            self._tell(*told.groups(default=""))
        elif _TELLING.match(line):
            raise self._wrong(f'"{cut(line)}" names no family')
        elif line.strip(" \t") and not line.lstrip(" \t").startswith("#"):
            raise self._wrong(f'"{cut(line)}" is no sample such as name{{label="x"}} 1')

    def _tell(self, what: str, name: str, text: str) -> None:
        if what == "UNIT" and not self._isOpenMetrics:
            # Any comment.
            return
        family = self._current = self._known(name) or self._new(name)
        if what == "HELP":
            family.help = family.help or _unescaped(text)
        elif what == "UNIT":
            family.unit = text
        else:
            kind = text.strip(" \t").lower()
            kind = UNKNOWN if kind == "untyped" else kind
            if kind not in _SUFFIXES:
                raise self._wrong(f'"{cut(text)}" is no type of metrics')
            if family.kind not in (UNKNOWN, kind):
                raise self._wrong(f"{cut(name)} is a {family.kind} already")
            family.kind = kind

    def _familyOf(self, name: str) -> Family:
        current = self._current
        if current is not None and (
            name == current.name
            or (
                name.startswith(current.name)
                and name[len(current.name) :] in _SUFFIXES[current.kind]
            )
        ):
            return current
        found = self._current = self.families.get(name) or self._suffixed(name) or self._new(name)
        return found

    def _known(self, name: str) -> Family | None:
        current = self._current
        if current is not None and current.name == name:
            return current
        return self.families.get(name)

    def _suffixed(self, name: str) -> Family | None:
        for suffix in _ANY_SUFFIX:
            if name.endswith(suffix):
                found = self.families.get(name.removesuffix(suffix))
                if found is not None and suffix in _SUFFIXES[found.kind]:
                    return found
        return None

    def _new(self, name: str) -> Family:
        family = Family(name, self.keeps(name))
        if family.isKept:
            most = max(self.most, _FAMILIES)
            if len(self.families) >= most:
                raise TooLarge(f"{self.what} has more than {most} families", cure=_CURE)
            self.families[name] = family
        return family

    def _labels(self, text: str) -> Sequence[tuple[str, str]]:
        found = []
        position, text = 0, text.rstrip(" \t")
        while position < len(text):
            label = _LABEL.match(text, position)
            if label is None:
                raise self._wrong(f'"{cut(text[position:])}" is no label such as name="x"')
            found.append((label[1], _unescaped(label[2])))
            position = label.end()
        if len(dict(found)) < len(found):
            raise self._wrong(f"a label comes twice in {cut(text)}")
        return tuple(found)

    def _value(self, text: str) -> str:
        if len(text) <= _LONGEST_NUMBER:
            if _FINITE.fullmatch(text):
                return text
            if text.lower().lstrip("+-") == "nan":
                return "NaN"
            infinite = _INFINITE.fullmatch(text)
            if infinite is not None:
                return "-INF" if infinite[1] == "-" else "INF"
        raise self._wrong(f'"{cut(text)}" is no number')

    def _timestamp(self, text: str) -> float:
        if len(text) <= _LONGEST_NUMBER and _FINITE.fullmatch(text):
            seconds = float(text) if self._isOpenMetrics else float(text) / _MILLISECONDS
            if math.isfinite(seconds):
                return seconds
        raise self._wrong(f'"{cut(text)}" is no timestamp')

    def _wrong(self, why: str) -> ProviderFailed:
        return ProviderFailed(f"{self.what}, line {self._line}: {why}")


def _unescaped(text: str) -> str:
    # What no format escapes stands for itself, as Prometheus reads it.
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(found: "re.Match[str]") -> str:
    return "\n" if found[1] == "n" else found[1]
