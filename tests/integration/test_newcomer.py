"""What a newcomer types who has read only README.md: word by word but for ports, from nothing to an own value."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence

from twisted.trial.unittest import SkipTest

from tests.integration.foreign.contract import HOST
from tests.integration.foreign.makers import makeZeep
from tests.integration.foreign.shared import poll
from tests.integration.terminals import (
    ACTIVATE,
    ANYWHERE,
    Terminal,
    TerminalCase,
    documentIn,
    patient,
)
from tests.readme import ROOT, Block, readBlocks

MINUTE = 60.0
"""Seconds from the first command to the first answer."""

LONGEST = 600.0
"""Seconds from the first command to the own provider's value in the second node."""

_README = "README.md"
_SECTION = "## Your own provider in a second node"
_VALUE = "{urn:example:my_site}Queues"
_OFFLINE = ("Temporary failure in name resolution", "Failed to establish a new connection")
# A make or a Python around this test must not reach into the clone.
_OURS = ("PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")


def _section(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks under the head."""
    isInside = False
    for block in blocks:
        if "\n## " in block.before:
            isInside = _SECTION in block.before
        if isInside:
            yield block


class ReadmeCase(TerminalCase):
    """The way of README.md."""

    def readme(self) -> None:
        """Go it. The last commands show the value in the second node, and another one when the source differs."""
        began = time.monotonic()
        blocks = readBlocks(_README)
        terminal = Terminal(self)
        terminal.type(blocks[0].text.splitlines()[0].partition("#")[0].strip())
        self.answered()
        self.assertLess(time.monotonic() - began, MINUTE)
        terminal.interrupt()
        *steps, change = _section(blocks)
        self.assertEqual(len(steps), 3)
        told = ""
        terminals = (terminal, Terminal(self), Terminal(self))
        for step, inside in zip(steps, terminals, strict=True):
            self.assertTrue(step.text.startswith(ACTIVATE), step.text)
            told = inside.type(patient(step.text))
        (value,) = documentIn(told)
        self.assertEqual(value.tag, _VALUE)
        self.assertEqual([one.get("name") for one in value], ["long", "short"])
        self.assertLess(time.monotonic() - began, LONGEST)
        told = terminals[-1].type(change.text)
        # New to the watch when the provider was quicker.
        said = rf"(?:new|changed) +{re.escape(_VALUE)} .*/@name=night .*/@waiting=7\n"
        self.assertRegex(told, said)

    def answered(self) -> None:
        """The first node has answered with this host's data."""
        client = makeZeep(f"http://{self.bases['127.0.0.1:8480']}/services/index")
        (host,) = poll(lambda: client.find(HOST), bool)
        self.assertGreater(int(host.child("MainMemory").attributes["RAMAvailable"]), 0)


class InstalledTests(ReadmeCase):
    """Where everything is installed already; the clone starts what it installs, here it is forked."""

    isForked = True

    def test_readme(self) -> None:
        """Every command does what README.md says, within its time."""
        self.readme()


class CloneTests(ReadmeCase):
    """A copy of what is, or would be, committed, and nothing else: make installs what is missing."""

    timeout = 300
    patience = 150.0

    def setUp(self) -> None:
        """Make the copy."""
        super().setUp()
        if shutil.which("git") is None or not (ROOT / ".git").exists():
            raise SkipTest("this is not a git checkout")
        shutil.rmtree(self.home)
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (self.home / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.home / name)

    def environment(self) -> Mapping[str, str]:
        """Nothing of ours but where packages come from."""
        environment = {key: text for key, text in os.environ.items() if key not in _OURS}
        state = {"XDG_STATE_HOME": str(self.home / "state")}
        return {**environment, **state, "ARGS": ANYWHERE, "no_proxy": "*"}

    def test_readme(self) -> None:
        """The same, and it all comes from what make has installed here."""
        try:
            self.readme()
        except AssertionError as error:
            if any(one in str(error) for one in _OFFLINE):
                raise SkipTest("no package index can be reached") from None
            raise
        told = Terminal(self).type(f"{ACTIVATE}command -v gma twistd python")
        self.assertEqual(
            told.split(),
            [str(self.home / ".venv/bin" / one) for one in ("gma", "twistd", "python")],
        )


del ReadmeCase, TerminalCase
