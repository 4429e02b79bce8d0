"""C{[identity.NAME]}, and the tokens that are shown elsewhere."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import IdentitySection, Mistakes, readConfiguration
from gma_twisted.configuration.tokens import isShielded
from gma_twisted.configuration.writing import toTOML

_HASH = "sha256:" + "0a" * 32
_OTHER = "sha256:" + "1b" * 32


def _mistakes(text: str) -> list[str]:
    try:
        readConfiguration(text, "vo.toml")
    except Mistakes as error:
        return list(error.lines)
    return []


class SectionTests(SynchronousTestCase):
    """What a section says."""

    def test_read(self) -> None:
        """Values are spelled in one way, and written back as they are read."""
        configuration, _ = readConfiguration(
            f"[identity.alice]\ntokens = ['{_HASH.upper().replace('SHA', 'sha')}', '{_OTHER}']\n"
            "password_file = 'a.password'\n"
            "certificates = [' cn = Alice , o=VO', 'dns:A.Example.org']\ngroups = 'operators'\n",
            "vo.toml",
        )
        section = configuration.identity["alice"]
        wanted = IdentitySection(
            (_HASH, _OTHER),
            "a.password",
            ("CN=Alice,O=VO", "DNS:a.example.org"),
            ("operators",),
        )
        self.assertEqual(section, wanted)
        again, _ = readConfiguration(toTOML(configuration), "vo.toml")
        self.assertEqual(again, configuration)

    def test_wrong(self) -> None:
        """Each mistake has a cure; what may be a token itself is not shown."""
        what = "this is not a SHA-256 of a token, or array of two"
        make = 'write "sha256:" and 64 hexadecimal digits, at most two of them, as "gma token new NAME" prints them'
        name = 'write its subject, "CN=site-a,O=VO", or "DNS:site-a.example.org", "URI:uri", "IP:10.0.0.1"'
        for text, lines in (
            (
                "[identity.a]",
                [
                    "vo.toml:1:11: identity.a: nothing shows that a caller is this one; write tokens, as "
                    '"gma token new NAME" prints them, password_file or certificates'
                ],
            ),
            (
                "[identity.a]\ntokens = 'gma_secret-secret-secret'",
                [f"vo.toml:2:10: identity.a.tokens: {what}; {make}"],
            ),
            (
                f"[identity.a]\ntokens = ['{_HASH}', '{_OTHER}', '{_HASH}']",
                [f"vo.toml:2:10: identity.a.tokens: {what}; {make}"],
            ),
            (
                f"[identity.a]\ntokens = ['{_HASH}', '{_HASH}']",
                ["vo.toml:2:10: identity.a.tokens: the same twice; leave one of them out"],
            ),
            (
                "[identity.a]\ncertificates = 'alice'",
                [
                    f'vo.toml:2:16: identity.a.certificates: "alice" is no subject of a certificate; {name}'
                ],
            ),
            (
                "[identity.a]\npassword_file = 'p'\ngroups = '@operators'",
                [
                    'vo.toml:3:10: identity.a.groups: "@operators" is not a name; use 1 to 64 letters, digits, dots, '
                    "dashes, underscores"
                ],
            ),
        ):
            self.assertEqual(_mistakes(text), lines)


class TokenTests(SynchronousTestCase):
    """C{token_file}."""

    def test_shielded(self) -> None:
        """A token travels by https, or on this machine."""
        for url, isGood in (
            ("https://site-b.example.org:8443/services/index", True),
            ("http://127.0.0.1:8480/services/index", True),
            ("http://127.1.2.3/services/index", True),
            ("http://[::1]:8480/services/index", True),
            ("http://localhost/services/index", True),
            ("http://localhost.example.org/services/index", False),
            ("http://192.0.2.1/services/index", False),
            ("http://127.0.0.1.example.org/x", False),
        ):
            self.assertEqual(isShielded(url), isGood, url)

    def test_open(self) -> None:
        """Where others could read it, it is a mistake."""
        cure = "write https://, and [tls] there, or leave token_file out"
        why = 'everybody on the way to "http://h/services/x" could read the token'
        for text, line in (
            (
                "[aggregate.b]\nfrom = 'http://h/services/x'\nnames = 'glue:*'\ntoken_file = 't'",
                f"vo.toml:4:14: aggregate.b.token_file: {why}; {cure}",
            ),
            (
                "[register.b]\nat = 'http://h/services/x'\ntoken_file = 't'",
                f"vo.toml:3:14: register.b.token_file: {why}; {cure}",
            ),
        ):
            self.assertEqual(_mistakes(text), [line])
            self.assertEqual(_mistakes(text.replace("http:", "https:")), [])
