"""C{gma token}, and the token that other verbs show."""

import stat
from pathlib import Path

from click.testing import CliRunner

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.client.trust import Trust
from gma_twisted.command.main import gma
from gma_twisted.command.trust import TokenFile
from gma_twisted.configuration import readConfiguration
from gma_twisted.errors import ConfigError
from gma_twisted.security import tokenDigest
from tests.command.stand import CommandCase

_TOKEN = "gma_a-token-of-alice"


class TokenTests(CommandCase):
    """Making them, and telling whose they are."""

    def setUp(self) -> None:
        """A directory."""
        self.caller = BlockingCaller()
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()

    def new(self, *words: str) -> str:
        """Make one."""
        ended = CliRunner().invoke(gma, ("token", "new", *words), prog_name="gma")
        self.assertEqual(ended.exit_code, 0, ended.stderr)
        return ended.stdout

    def check(self, text: str, shown: str) -> tuple[int, str]:
        """Ask whose it is. @return: the exit status and all it says"""
        path = self.home / "vo.toml"
        path.write_text(text)
        words = ("token", "check", "-c", str(path))
        ended = CliRunner().invoke(gma, words, input=shown, prog_name="gma")
        return ended.exit_code, ended.output

    def test_printed(self) -> None:
        """It is printed once, before lines that know it."""
        token, empty, lines = self.new("alice").split("\n", 2)
        self.assertRegex(token, r"^gma_[A-Za-z0-9_-]{43}$")
        self.assertEqual(empty, "")
        configuration, _ = readConfiguration(lines, "vo.toml")
        self.assertEqual(configuration.identity["alice"].tokens, (tokenDigest(token),))
        self.assertEqual(self.check(lines, f"{token}\n"), (0, "alice\n"))

    def test_different(self) -> None:
        """No two are the same."""
        self.assertEqual(len({self.new("alice") for _ in range(10)}), 10)

    def test_file(self) -> None:
        """In a file it is for its owner alone, and not printed; no file is written over."""
        path = self.home / "alice.token"
        lines = self.new("alice", "--to", str(path))
        token = path.read_text()
        self.assertNotIn(token.strip(), lines)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(self.check(lines, token), (0, "alice\n"))
        said = self.fails(1, "token", "new", "bob", "--to", str(path))
        self.assertIn("is there already", said)
        self.assertEqual(path.read_text(), token)

    def test_names(self) -> None:
        """Who has no name, or one that is taken, gets none."""
        for name in ("anonymous", "node", "a b", "@x"):
            self.assertIn("Invalid value for 'WHO'", self.fails(2, "token", "new", name))

    def test_nobodys(self) -> None:
        """What is nobody's, or no token, is told without being repeated."""
        lines = f'[identity.alice]\ntokens = "{tokenDigest(_TOKEN)}"\n'
        for shown, why in (
            (f"{_TOKEN}x", "has nobody with this token"),
            ("hunter2", "is no bearer token"),
            ("", "is no bearer token"),
            ("x" * 10_000, "is no bearer token"),
            (tokenDigest(_TOKEN)[7:], "has nobody with this token"),
        ):
            status, said = self.check(lines, shown)
            self.assertEqual(status, 1)
            self.assertIn(why, said)
            self.assertFalse(shown and shown in said)


class ShownTests(CommandCase):
    """What a caller shows to whom."""

    def setUp(self) -> None:
        """A file with a token."""
        self.path = Path(self.mktemp()).absolute()
        self.path.write_text(f"{_TOKEN}\n")
        self.caller = BlockingCaller(trust=Trust(token=TokenFile(str(self.path))))

    def test_first(self) -> None:
        """The node that is called first is shown it, always; no other is."""
        shown = {"Authorization": f"Bearer {_TOKEN}"}
        self.assertEqual(self.caller.shown("https://a:8443/services/index"), shown)
        for url in ("https://b:8443/x", "https://a:8444/x", "http://a:8443/x", "http://h/x"):
            self.assertEqual(self.caller.shown(url), {})
        self.assertEqual(self.caller.shown("https://A:8443/other"), shown)

    def test_none(self) -> None:
        """Without a file nothing is shown, anywhere."""
        self.assertEqual(BlockingCaller().shown("http://h/services/index"), {})

    def test_refused(self) -> None:
        """It is not sent where others could read it; and a file has to hold one."""
        error = self.assertRaises(ConfigError, self.caller.shown, "http://192.0.2.1:8480/x")
        self.assertEqual(
            error.message,
            "--token-file: everybody on the way to http://192.0.2.1:8480/x could read the token; call it by https://",
        )
        for text, why in (("", "is empty"), ("hunter2", "holds no bearer token")):
            self.path.write_text(text)
            trust = Trust(token=TokenFile(str(self.path)))
            error = self.assertRaises(ConfigError, trust.token, "http://127.0.0.1/")
            self.assertIn(f"--token-file: {self.path} {why}; ", error.message)
            self.assertNotIn("hunter2", error.message)

    def test_unshown(self) -> None:
        """It is in nothing that is printed."""
        self.caller.shown("http://127.0.0.1/x")
        self.assertNotIn(_TOKEN, repr(self.caller))
