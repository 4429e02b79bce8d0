"""What differs between two configurations."""

from hypothesis import HealthCheck, given, settings
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Configuration, readConfiguration
from gma_twisted.configuration.changes import Change, changesBetween
from tests.configuration.strategies import CONFIGURATIONS

RELAXED = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def changes(old: str, new: str) -> list[Change]:
    """Between two files."""
    return list(changesBetween(*(readConfiguration(text, "x")[0] for text in (old, new))))


class ChangesTests(SynchronousTestCase):
    """changesBetween."""

    def test_keys(self) -> None:
        """A key that came, one that went, and one that has another value."""
        self.assertEqual(
            changes(
                "[node]\nname = 'a'\n[limits]\nmax_body = '1MiB'",
                "[node]\nname = 'b'\nrole = 'site'",
            ),
            [
                Change("node", "name", '"a"', '"b"'),
                Change("node", "role", "", '"site"'),
                Change("limits", "max_body", '"1MiB"', '"8MiB"'),
            ],
        )

    def test_secrets(self) -> None:
        """A secret that is another is told of, and neither is shown."""
        texts = [
            f"[store]\nclass = 'a.b:C'\narguments = {{ password = '{one}', a = 1 }}" for one in "xy"
        ]
        told = '{ password = "***", a = 1 }'
        self.assertEqual(changes(*texts), [Change("store", "arguments", told, told)])

    def test_sections(self) -> None:
        """Of a section that came or went: the keys it says something with."""
        text = "[providers.'a.b']\nclass = 'm:C'\ntimeout = '30s'"
        added = [Change('providers."a.b"', "class", "", '"m:C"')]
        self.assertEqual(changes("", text), added)
        self.assertEqual(changes(text, ""), [Change('providers."a.b"', "class", '"m:C"', "")])

    def test_nothingOwn(self) -> None:
        """One that says nothing of its own is there all the same."""
        found = changes("", "[sde.'{urn:a}x']")
        self.assertEqual({one.section for one in found}, {'sde."{urn:a}x"'})
        self.assertIn("mutability", [one.key for one in found])

    def test_tables(self) -> None:
        """Tables below a section are one key."""
        rule = "[[registry.membership_rules]]\nmember_interface = '{urn:a}b'\ncontent = '{urn:a}c'"
        (found,) = changes("", rule)
        self.assertEqual((found.section, found.key), ("registry", "membership_rules"))
        self.assertEqual(found.new, '[{ member_interface = "{urn:a}b", content = "{urn:a}c" }]')

    def test_types(self) -> None:
        """1, 1.0 and true are three values."""
        texts = [
            f"[providers.a]\nclass = 'm:C'\narguments = {{ x = {one} }}"
            for one in ("1", "1.0", "true")
        ]
        for one in texts:
            for other in texts:
                self.assertEqual(len(changes(one, other)), int(one != other))

    @RELAXED
    @given(CONFIGURATIONS, CONFIGURATIONS)
    def test_differ(self, one: Configuration, other: Configuration) -> None:
        """What is equal has no difference, and what is not has one; the other way round it is the same."""
        self.assertEqual(list(changesBetween(one, one)), [])
        found = list(changesBetween(one, other))
        if one != other:
            self.assertTrue(found)
        back = [Change(each.section, each.key, each.new, each.old) for each in found]
        self.assertCountEqual(list(changesBetween(other, one)), back)
