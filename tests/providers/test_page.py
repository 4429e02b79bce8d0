"""docs/providers.md: every core provider with what it takes."""

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.execution import describe
from gma_twisted.execution.component import makeComponent
from gma_twisted.processes import ProviderRuntime
from gma_twisted.providers import CORE_PROVIDERS
from gma_twisted.testing import ScriptedFetcher
from gma_twisted.timing.clock import NodeClock
from tests.providers.test_script import Recorder

PAGE = (Path(__file__).parents[2] / "docs" / "providers.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def load(name: str) -> Any:
    """The class of a short name."""
    module, _, attribute = CORE_PROVIDERS[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


class PageTests(SynchronousTestCase):
    """The page."""

    def test_sections(self) -> None:
        """Every core provider has a section, and a row of the table that leads to it."""
        for name in CORE_PROVIDERS:
            self.assertIn(name, SECTIONS)
            self.assertIn(f"| [`{name}`](#{name.lower()}) |", PAGE)

    def test_arguments(self) -> None:
        """Each names all its arguments."""
        for name in CORE_PROVIDERS:
            for one in describe(load(name)):
                self.assertIn(f"`{one.name}`", SECTIONS[name], f"{name}: {one.name}")

    def test_examples(self) -> None:
        """Each has an example that a node could make."""
        runtime = ProviderRuntime(NodeClock(Clock()), Recorder(), ScriptedFetcher())
        for name, text in SECTIONS.items():
            blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
            self.assertTrue(blocks, f"{name} has no example")
            for block in blocks:
                for each in tomllib.loads(block)["providers"].values():
                    arguments = each.get("arguments", {})
                    if "command" in each:
                        arguments |= {"command": each["command"]}
                    factory = load(each.get("class", "ScriptExecutionProvider"))
                    makeComponent(factory, arguments, runtime, name)
