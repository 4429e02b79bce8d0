"""What is never shown."""

import time

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Refused, cut
from gma_twisted.redaction import HIDDEN, hidden, isSecret, redacted

WORD = st.text("abcXYZ019._~-", min_size=6, max_size=30).filter(
    lambda one: any(map(str.isdigit, one))
)

_OURS = "gma_s3cretWqX-1_bS8mEJtWlq0aZ9yHn4kPdRvCuTfGi"


class NameTests(SynchronousTestCase):
    """Which names are those of secrets."""

    def test_secret(self) -> None:
        """These are."""
        for name in (
            *(
                "password",
                "Password",
                "dbPassword",
                "db_passwd",
                "PWD",
                "passphrase",
                "secret",
                "client-secret",
            ),
            *(
                "token",
                "tokens",
                "bearer_token",
                "token2",
                "apiKey",
                "api_key",
                "X-Api-Key",
                "privateKey",
            ),
            *("Authorization", "credentials", "passwordHash", "--password"),
        ):
            self.assertTrue(isSecret(name), name)

    def test_plain(self) -> None:
        """These are not."""
        for name in (
            "password_file",
            "tokenizer",
            "path",
            "keep",
            "public_key",
            "name",
            "author",
            "",
            "key",
        ):
            self.assertFalse(isSecret(name), name)


class TextTests(SynchronousTestCase):
    """Secrets inside a text."""

    def test_hidden(self) -> None:
        """What stands where secrets stand is not shown, what is around it stays."""
        for text, told in (
            ("to http://u:s3cret@h:1/p?", f"to http://{HIDDEN}@h:1/p?"),
            ("http://s3cret@h", f"http://{HIDDEN}@h"),
            ("http://u:p@ss3@h/x", f"http://{HIDDEN}@h/x"),
            ("/p?a=1&token=s3cret&b=2", f"/p?a=1&token={HIDDEN}&b=2"),
            ('run password="s3 cret" x', f"run password={HIDDEN} x"),
            ("--api-key=s3cret", f"--api-key={HIDDEN}"),
            ('{"user":"u","password": "s3cret"}', f'{{"user":"u","password": {HIDDEN}}}'),
            ("{'token': 's3cret'}", f"{{'token': {HIDDEN}}}"),
            ("Authorization: Bearer s3cret", f"Authorization: Bearer {HIDDEN}"),
            ("Basic dXNlcjpzM2NyZXQ=", f"Basic {HIDDEN}"),
            (
                "<w:Password Type='x'>s3cret</w:Password>",
                f"<w:Password Type='x'>{HIDDEN}</w:Password>",
            ),
            ("<Password><![CDATA[s3]cr<e]]t]]></Password>", f"<Password>{HIDDEN}</Password>"),
            ("<Password><![CDATA[s3cret", f"<Password>{HIDDEN}"),
            ("<Password>s<![CDATA[3]]>cret</Password>", f"<Password>{HIDDEN}</Password>"),
            (
                "&lt;w:Password Type=&quot;x&quot;&gt;s3&amp;cret&lt;/w:Password&gt;",
                f"&lt;w:Password Type=&quot;x&quot;&gt;{HIDDEN}&lt;/w:Password&gt;",
            ),
            ("&amp;lt;token&amp;gt;s3cret", f"&amp;lt;token&amp;gt;{HIDDEN}"),
            ("run --password s3cret -v", f"run --password {HIDDEN} -v"),
            ("run -db-password 's3 cret' x", f"run -db-password {HIDDEN} x"),
            ('{"password": 12345, "a": 1}', f'{{"password": {HIDDEN}, "a": 1}}'),
            ('{"tokens": ["s3cret", "b"]}', f'{{"tokens": {HIDDEN}}}'),
            (r'{"password": "s3\"cret"}', f'{{"password": {HIDDEN}}}'),
            (r'"{\"password\": \"s3cret\"}"', rf'"{{\"password\": {HIDDEN}}}"'),
            ("user: bob\npassword: hunter\nport: 1", f"user: bob\npassword: {HIDDEN}\nport: 1"),
            ("X-Api-Key: s3cret12 and more", f"X-Api-Key: {HIDDEN} and more"),
            ("PASSWORD = s3cret", f"PASSWORD = {HIDDEN}"),
            ('api_key= "s3 cret" # x', f"api_key= {HIDDEN} # x"),
            ("Authorization: Bearer\ts3cret", f"Authorization: Bearer {HIDDEN}"),
            ("BEARER abcdefghijklmnop", f"BEARER {HIDDEN}"),
            (f"{_OURS} is it", f"{HIDDEN} is it"),
            (f"at /p/{_OURS[:20]}", f"at /p/{HIDDEN}"),
        ):
            self.assertEqual(redacted(text), told)
            self.assertEqual(redacted(told), told)
            self.assertNotIn("s3", cut(text))

    def test_plain(self) -> None:
        """Nothing is taken out of sentences that are about such things."""
        for text in (
            "the token is unknown",
            "identity.alice.tokens: 3 tokens are more than 2",
            "password_file: cannot be read",
            "a basic assumption, the bearer tokens",
            "mail to user@example.org",
            "http://h:1/~a@b",
            "gma_authentication_failures_total of gma_twisted.security.identity",
            "give it with --token-file PATH, or --token-file=PATH",
            'write tokens = ["TEXT"]',
            "password_file: bob.txt",
            "[identity.alice] tokens: 3 are too many",
            "token: it is nobody's here",
            "a one-token rule",
            "bearer authentication",
            "&lt;user&gt;bob&lt;/user&gt;",
        ):
            self.assertEqual(redacted(text), text)

    @given(WORD, st.integers(1, 200))
    def test_cut(self, secret: str, limit: int) -> None:
        """What is cut off a text never makes a secret in it be told."""
        for text in (f"http://user:{secret}@host/", f"x password={secret}", f"a Bearer {secret}"):
            self.assertNotIn(secret, cut(text, limit))

    def test_bounded(self) -> None:
        """Whatever somebody writes, the time is in proportion to its length."""
        for piece in (
            *(
                "password",
                "password: ",
                "password = ",
                "--password ",
                "--password-",
                "-",
                '"password": "',
                "bearer ",
            ),
            *(
                "<password ",
                "<password><![CDATA[",
                "<password>]]",
                "&lt;password ",
                "&lt;password&gt;",
                "&amp;lt;",
            ),
            *(
                'password="\\',
                '"token": [',
                "gma_",
                "gma_a",
                "a-",
                "token_",
                "x-y-token",
                " " * 7,
                "\\",
                "://",
                "a:",
            ),
        ):
            began = time.process_time()
            redacted(piece * (200_000 // len(piece)))
            # Some hundredths of one; in proportion to the square it would be minutes.
            self.assertLess(time.process_time() - began, 3.0, piece)

    def test_endless(self) -> None:
        """User information without an end is not shown either."""
        self.assertNotIn("s3cret", cut("http://user:" + "s3cret" * 3000))

    def test_errors(self) -> None:
        """The message of an error never has them, whoever put them there."""
        error = Refused("no to http://u:s3cret@h", cure="write token=s3cret elsewhere")
        for text in (error.message, error.what, error.cure, str(error)):
            self.assertNotIn("s3cret", text)


class ValueTests(SynchronousTestCase):
    """Values of a configuration."""

    def test_names(self) -> None:
        """What has the name of a secret is hidden at any depth, and what follows one in a command line."""
        value = {
            "user": "bob",
            "password": "s3cret",
            "empty": {"token": ""},
            "deep": [{"apiKey": 5}, {"url": "http://u:s3cret@h/"}],
            "command": ["/bin/x", "--password", "s3cret", "-v"],
        }
        told = {
            "user": "bob",
            "password": HIDDEN,
            "empty": {"token": ""},
            "deep": [{"apiKey": HIDDEN}, {"url": f"http://{HIDDEN}@h/"}],
            "command": ["/bin/x", "--password", HIDDEN, "-v"],
        }
        self.assertEqual(hidden(value), told)

    def test_same(self) -> None:
        """What is no secret is what it was."""
        for value in ("text", 5, None, True, ["a", "b"], {"a": 1.5}):
            self.assertEqual(hidden(value), value)
