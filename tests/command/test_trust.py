"""C{--ca}, C{--cert}, C{--key} and C{--token-file}: where verbs have them from."""

import click
from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.client.trust import Trust
from gma_twisted.command.calling import passCaller
from gma_twisted.command.trust import TokenFile, trustOptions


class OptionsTests(SynchronousTestCase):
    """Where verbs have them from."""

    def ask(self, *words: str, **environment: str) -> Trust:
        """What a verb calls with."""
        found: list[Trust] = []

        @click.group()
        @trustOptions
        def group() -> None:
            """The command."""

        @group.command()
        @click.option("--key")
        @passCaller
        def verb(caller: BlockingCaller, key: str | None) -> None:
            """Ask, with a C{--key} of its own."""
            found.append(caller.trust)

        ended = CliRunner().invoke(group, words, env=environment)
        self.assertEqual(ended.exit_code, 0, ended.output)
        return found[0]

    def test_options(self) -> None:
        """Before the verb; what is said there wins over the environment."""
        self.assertEqual(
            self.ask("--ca", "a", "--cert", "b", "--key", "c", "verb", "--key", "x"),
            Trust("a", "b", "c"),
        )
        self.assertEqual(self.ask("verb"), Trust())
        environment = {"GMA_CA": "e", "GMA_CERT": "f", "GMA_KEY": "g"}
        self.assertEqual(self.ask("verb", **environment), Trust("e", "f", "g"))
        self.assertEqual(self.ask("--ca", "a", "verb", **environment), Trust("a", "f", "g"))
        self.assertEqual(self.ask("verb", GMA_CA=""), Trust())

    def test_token(self) -> None:
        """The file of a token is named before the verb too."""
        self.assertEqual(self.ask("--token-file", "t", "verb"), Trust(token=TokenFile("t")))
        self.assertEqual(self.ask("verb", GMA_TOKEN_FILE="f"), Trust(token=TokenFile("f")))

    def test_patience(self) -> None:
        """A node that takes too long is told with the option that waits longer."""
        found: list[BlockingCaller] = []

        @click.command()
        @passCaller
        def verb(caller: BlockingCaller) -> None:
            """Ask."""
            found.append(caller)

        self.assertEqual(CliRunner().invoke(verb, ()).exit_code, 0)
        self.assertEqual(found[0].longer, "--timeout waits longer")
