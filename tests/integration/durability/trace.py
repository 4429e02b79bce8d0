"""What a process did to its storage: strace, asked and read."""

import functools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs

__all__ = [
    "STORAGE",
    "Change",
    "Create",
    "Rename",
    "Said",
    "Step",
    "Sync",
    "Truncate",
    "Unlink",
    "UnreadTrace",
    "Write",
    "injecting",
    "naming",
    "readTrace",
    "recording",
    "tracing",
    "unusable",
]

STORAGE = (
    "openat",
    "pwrite64",
    "pwritev",
    "write",
    "writev",
    "ftruncate",
    "fallocate",
    "fdatasync",
    "fsync",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "link",
)
"""Every system call by which a node's storage can change."""

_LINE = re.compile(r"^(?P<thread>\d+) +(?P<rest>.*)$")
_BEGUN = re.compile(r"^(?P<name>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"^<\.\.\. \w+ resumed>(?P<rest>.*)$")
_ENDED = re.compile(r"^(?P<arguments>.*)\) += (?P<value>-?\d+|\?)(?P<more>.*)$")
_SYNCS = ("fsync", "fdatasync")
_UNFINISHED = "<unfinished ...>"
_FILE = re.compile(r"^(?P<number>\d+|AT_FDCWD)<(?P<path>[^>]*)>")


class UnreadTrace(Exception):
    """The trace holds a change that is not modelled here: nothing may be concluded from it."""


@attrs.frozen(slots=True)
class Create:
    """A file that was not there is, empty."""

    path: str


@attrs.frozen(slots=True)
class Write:
    """Bytes of a file are others."""

    path: str
    offset: int
    data: bytes


@attrs.frozen(slots=True)
class Truncate:
    """A file has another size."""

    path: str
    size: int


@attrs.frozen(slots=True)
class Sync:
    """
    What was changed in the file, or the directory, is durable.

    @ivar hasFailed: it is not, and what was to be written is taken for written from now on, as Linux does
    """

    path: str
    hasFailed: bool = False


@attrs.frozen(slots=True)
class Rename:
    """A file has another name."""

    path: str
    to: str


@attrs.frozen(slots=True)
class Unlink:
    """A name is gone."""

    path: str


@attrs.frozen(slots=True)
class Said:
    """The process reported something."""

    data: bytes


Change = Create | Write | Truncate | Sync | Rename | Unlink | Said


@attrs.frozen(slots=True)
class Step:
    """
    A change, and when it was made.

    @ivar begun: line of the trace where the call was entered
    @ivar ended: line where it returned
    """

    change: Change
    begun: int
    ended: int


def recording(output: Path) -> list[str]:
    """Words of strace that record what L{readTrace} reads."""
    calls = ",".join((*STORAGE, "lseek"))
    return ["-y", "-xx", "-s", "16777216", "-e", f"trace={calls}", "-o", str(output)]


def injecting(
    calls: Iterable[str],
    what: str,
    paths: Iterable[Path] = (),
    output: Path = Path("/dev/null"),
) -> list[str]:
    """
    Words of strace that interfere with system calls.

    @param what: strace's words, such as C{signal=SIGKILL:when=7}; counted by thread and system call
    @param paths: interfere with calls on these files only; with all when none is named
    @param output: where each call is noted, with C{(INJECTED)} when it was interfered with
    """
    names = ",".join(calls)
    chosen = [word for path in paths for word in ("-P", str(path))]
    injected = ["-e", f"trace={names}", "-e", f"inject={names}:{what}"]
    return ["-o", str(output), *chosen, *injected]


def naming(calls: Iterable[str], output: Path, paths: Iterable[Path]) -> list[str]:
    """Words of strace that record calls on some files, one a line."""
    chosen = [word for path in paths for word in ("-P", str(path))]
    return ["-o", str(output), *chosen, "-e", f"trace={','.join(calls)}", "-s", "0"]


def tracing(words: Iterable[str]) -> list[str]:
    """The head of a command line that traces all threads."""
    return ["strace", "-f", "-qq", "-e", "signal=none", *words]


@functools.cache
def unusable() -> str:
    """Why strace cannot be used here, empty when it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    with tempfile.TemporaryDirectory(prefix="gma-durability-") as scratch:
        words = injecting(["openat"], "signal=SIGKILL:when=1")
        command = [*tracing(words), "/bin/cat", scratch]
        done = subprocess.run(command, capture_output=True, timeout=20, check=False)
    if done.returncode in (-9, 137):
        return ""
    return f"strace cannot trace here: {done.stderr.decode(errors='replace').strip()[:200]}"


@attrs.frozen(slots=True)
class _Call:
    """A system call that succeeded, or a synchronisation that failed."""

    name: str
    arguments: Sequence[str]
    value: int
    more: str
    begun: int
    ended: int


def _calls(lines: Iterable[str]) -> Iterator[_Call]:
    """The calls that changed something; what another thread interrupted is put together."""
    waiting: dict[str, tuple[str, str, int]] = {}
    for number, line in enumerate(lines):
        found = _LINE.match(line.rstrip("\n"))
        if found is None:
            continue
        thread, rest = found["thread"], found["rest"]
        begun = number
        if again := _RESUMED.match(rest):
            name, head, begun = waiting.pop(thread, ("", "", number))
            rest = head + again["rest"]
        elif start := _BEGUN.match(rest):
            name, rest = start["name"], start["rest"]
            if rest.endswith(_UNFINISHED):
                waiting[thread] = (name, rest.removesuffix(_UNFINISHED).rstrip(), number)
                continue
        else:
            continue
        ended = _ENDED.match(rest)
        if ended and (ended["value"] not in ("?", "-1") or (name in _SYNCS and "EIO" in rest)):
            # Safe: with -xx no string holds a comma.
            arguments = ended["arguments"].split(", ")
            yield _Call(name, arguments, int(ended["value"]), ended["more"], begun, number)


def _plain(text: str) -> bytes:
    """The bytes of a string in hexadecimal escapes."""
    if text.endswith("..."):
        raise UnreadTrace("a string of the trace is cut short")
    return bytes.fromhex(text.strip('"').replace("\\x", ""))


def _path(text: str) -> str:
    return _plain(text).decode("utf-8", "surrogateescape")


@attrs.define(slots=True, eq=False)
class _Reader:
    """Reads calls on the files below one directory."""

    directory: str
    report: int
    _known: set[str]
    _positions: dict[int, int] = attrs.field(factory=dict)

    def changes(self, call: _Call) -> Iterator[Change]:
        """What a call changed."""
        if call.name == "openat":
            yield from self._opened(call)
            return
        if call.name.startswith(("rename", "unlink", "link", "mkdir")):
            yield from self._named(call)
            return
        found = _FILE.match(call.arguments[0])
        if found is None or found["number"] == "AT_FDCWD":
            return
        number, path = int(found["number"]), _path(found["path"])
        if call.name == "write" and number == self.report:
            yield Said(_plain(call.arguments[1])[: call.value])
        elif self._isInside(path):
            yield from self._inside(call, number, path)

    def _isInside(self, path: str) -> bool:
        return path == self.directory or path.startswith(f"{self.directory}/")

    def _opened(self, call: _Call) -> Iterator[Change]:
        found = _FILE.match(f"{call.value}{call.more.strip()}")
        if found is None:
            raise UnreadTrace(f"no path of what was opened: {call}")
        path, flags = _path(found["path"]), call.arguments[2]
        self._positions[call.value] = 0
        if not self._isInside(path) or path == self.directory:
            return
        if "O_APPEND" in flags:
            raise UnreadTrace(f"{path} is opened to append")
        if "O_CREAT" in flags and path not in self._known:
            self._known.add(path)
            yield Create(path)
        if "O_TRUNC" in flags:
            yield Truncate(path, 0)

    def _named(self, call: _Call) -> Iterator[Change]:
        paths = [_path(text) for text in call.arguments if text.startswith('"')]
        if not any(self._isInside(path) for path in paths):
            if any(not path.startswith("/") for path in paths):
                raise UnreadTrace(f"a relative path: {call}")
            return
        if call.name in ("rename", "renameat", "renameat2"):
            self._known.discard(paths[0])
            self._known.add(paths[1])
            yield Rename(paths[0], paths[1])
        elif call.name in ("unlink", "unlinkat"):
            self._known.discard(paths[0])
            yield Unlink(paths[0])
        elif paths != [self.directory]:
            raise UnreadTrace(f"not modelled: {call}")

    def _inside(self, call: _Call, number: int, path: str) -> Iterator[Change]:
        match call.name:
            case "pwrite64":
                yield Write(path, int(call.arguments[3]), _plain(call.arguments[1])[: call.value])
            case "write":
                position = self._positions[number]
                self._positions[number] = position + call.value
                yield Write(path, position, _plain(call.arguments[1])[: call.value])
            case "lseek":
                self._positions[number] = call.value
            case "ftruncate":
                yield Truncate(path, int(call.arguments[1]))
            case "fsync" | "fdatasync":
                yield Sync(path, call.value < 0)
            case _:
                raise UnreadTrace(f"not modelled: {call}")


def readTrace(
    lines: Iterable[str], directory: str, report: int, known: Iterable[str] = ()
) -> Iterator[Step]:
    """
    Read what L{recording} recorded.

    @param directory: absolute path; what happened elsewhere is left out
    @param report: number of the file the process reports to
    @param known: paths that were there before
    @raise UnreadTrace: a change in the directory that is not modelled
    """
    reader = _Reader(directory, report, set(known))
    for call in _calls(lines):
        for change in reader.changes(call):
            yield Step(change, call.begun, call.ended)
