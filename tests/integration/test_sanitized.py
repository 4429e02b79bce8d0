"""What is compiled from our own sources, under the sanitizers of the C compiler: no byte beside its place."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

_ROOT = Path(__file__).resolve().parents[2]
_SOURCES = _ROOT / "build" / "compiled" / "gma_twisted" / "netlogger"
_MODULES = ("_plainreader", "_plainwriter")
_TESTS = (
    "tests.netlogger.test_plainlines.ReadTests",
    "tests.netlogger.test_plainlines.WriteTests",
    "tests.netlogger.test_lineevent.FuzzTests",
)
_ROOM = re.compile(r"(unsigned char __pyx_v_room)\[[^\]]*\]")
_WATCHING = ("-shared", "-fPIC", "-O1", "-g", "-fsanitize=address,undefined")
_PROGRAM = """
import importlib.util, sys
import gma_twisted.netlogger
directory, *arguments = sys.argv[1:]
for name in ("_plainreader", "_plainwriter"):
    spec = importlib.util.spec_from_file_location(f"gma_twisted.netlogger.{name}", f"{directory}/{name}.so")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
from gma_twisted.netlogger import bp
bp.readPlain = sys.modules["gma_twisted.netlogger._plainreader"].read
bp.writePlain = sys.modules["gma_twisted.netlogger._plainwriter"].write
sys.argv = ["trial", *arguments]
from twisted.scripts.trial import run
run()
"""


class SanitizedTests(SynchronousTestCase):
    """AddressSanitizer and UndefinedBehaviorSanitizer."""

    timeout = 300

    def setUp(self) -> None:
        """@raise SkipTest: no C compiler, or nothing was compiled here"""
        self.cc = shutil.which("cc") or ""
        if not self.cc:
            raise SkipTest("no C compiler")
        self.sources = {name: _SOURCES / f"{name}.c" for name in _MODULES}
        if not all(source.exists() for source in self.sources.values()):
            raise SkipTest(f"no C sources in {_SOURCES}: an editable install makes them")
        self.libraries = [
            self.output(self.cc, f"-print-file-name={name}").stdout.strip()
            for name in ("libasan.so", "libubsan.so")
        ]
        # A compiler answers with the name alone where it has no such file.
        if not all(map(os.path.isabs, self.libraries)):
            raise SkipTest(f"{self.cc} has no shared libasan and libubsan, as gcc has")
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()

    def output(self, *command: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """What comes of a command."""
        return subprocess.run(
            [str(one) for one in command],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            env={**os.environ, **environment},
        )

    def watched(self, *tests: str) -> subprocess.CompletedProcess[str]:
        """Some tests of lines with each access watched."""
        include = f"-I{sysconfig.get_path('include')}"
        for name, source in self.sources.items():
            made = self.directory / f"{name}.so"
            ended = self.output(self.cc, *_WATCHING, include, source, "-o", made)
            self.assertEqual(ended.returncode, 0, ended.stderr)
        trial = f"--temp-directory={self.directory / 'trial'}"
        return self.output(
            *(sys.executable, "-c", _PROGRAM, self.directory, trial, *tests),
            LD_PRELOAD=":".join(self.libraries),
            # What Python itself never frees is not looked for; each piece of memory is one of malloc's.
            ASAN_OPTIONS="detect_leaks=0",
            UBSAN_OPTIONS="halt_on_error=1",
            PYTHONMALLOC="malloc",
        )

    def test_clean(self) -> None:
        """No byte beside its place, no number past its type."""
        ended = self.watched(*_TESTS)
        self.assertEqual(ended.returncode, 0, ended.stdout[-3000:] + ended.stderr[-6000:])
        self.assertRegex(ended.stdout, r"PASSED \(successes=\d\d")

    def test_planted(self) -> None:
        """Were the room for a line smaller than is reckoned with, this would be seen."""
        planted = self.directory / "planted.c"
        text, count = _ROOM.subn(r"\g<1>[64]", self.sources["_plainwriter"].read_text())
        self.assertEqual(count, 1)
        planted.write_text(text)
        self.sources["_plainwriter"] = planted
        ended = self.watched("tests.netlogger.test_plainlines.WriteTests.test_usual")
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("stack-buffer-overflow", ended.stderr)
