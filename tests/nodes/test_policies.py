"""What [access] says, against what there is."""

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Mistakes
from gma_twisted.model import Access, Whose
from gma_twisted.nodes import AGGREGATOR_NODE, INDEX, MMJFS, REGISTRY, RIPS
from gma_twisted.nodes.permissions import decide, permissionsOf
from gma_twisted.security import AccessPolicy, AllowAll
from tests.nodes.plans import planOf

_ZEROS = "sha256:" + "0" * 64
WHO = f"""
[identity.alice]
tokens = "{_ZEROS}"
groups = ["operators"]
[identity.bob]
tokens = "{_ZEROS.replace("0", "1")}"
"""
_BOARD = """
[factory.board]
class = "tests.nodes.skeletons:Greeter"
arguments = { word = "hello" }
[services.board]
class = "tests.nodes.skeletons:Greeter"
arguments = { word = "hello" }
"""


def rules(*lines: str, more: str = "") -> str:
    """A configuration with one rule."""
    return "\n".join((WHO, more, "[access.rules.r]", *lines))


class MistakeTests(SynchronousTestCase):
    """A rule about what is not there is a mistake, with what there is."""

    def refused(self, *lines: str, more: str = "") -> list[str]:
        """What is said of a rule, without where."""
        error = self.assertRaises(Mistakes, planOf, rules(*lines, more=more))
        return [line.split(": access.rules.r.", 1)[1] for line in error.lines]

    def test_who(self) -> None:
        """Identities and groups are those of [identity.NAME]."""
        self.assertEqual(
            self.refused('who = ["alicia", "@operator", "zzz", "@zzz", "node"]', 'may = "read"'),
            [
                'who[0]: there is no identity "alicia"; did you mean "alice"?',
                'who[1]: no identity is in the group "operator"; did you mean "@operators"?',
                'who[2]: there is no identity "zzz"; write [identity.zzz]',
                'who[3]: no identity is in the group "zzz"; write groups = ["zzz"] under [identity.NAME]',
                'who[4]: there is no identity "node"; write [identity.node]',
            ],
        )

    def test_may(self) -> None:
        """Classes and operations are those there are; a method of HTTP is none."""
        self.assertEqual(
            self.refused('who = "*"', 'may = ["raed", "registerservice", "zzzzzz", "GET"]'),
            [
                'may[0]: there is no class and no operation "raed"; did you mean "read"?',
                'may[1]: there is no class and no operation "registerservice"; did you mean "registerService"?',
                'may[2]: there is no class and no operation "zzzzzz"; known are admin, aggregate, create, notify,'
                " read, register, run, subscribe, write",
                'may[3]: there is no class and no operation "GET"; known are admin, aggregate, create, notify,'
                " read, register, run, subscribe, write",
            ],
        )

    def test_on(self) -> None:
        """Services and pages are those of the node."""
        self.assertEqual(
            self.refused('who = "*"', 'may = "read"', 'on = ["/services/indx", "/metrics/*"]'),
            [
                'on[0]: this node has nothing at "/services/indx"; did you mean "/services/index"?',
                'on[1]: this node has nothing at "/metrics/*"; did you mean "/metrics"?',
            ],
        )

    def test_well(self) -> None:
        """What there is may be named, that of own classes too, and what is below services."""
        plan = planOf(
            rules(
                'who = ["*", "alice", "@operators", "anonymous"]',
                'may = ["read", "greet", "destroy", "deliverNotification"]',
                'on = ["/", "/*", "/services", "/services/*", "/services/board", "/services/index/entries/*",'
                ' "/services/index/sinks/1", "/services/instances", "/-/reload", "/api/*", "/services/container/*"]',
                more=_BOARD,
            )
        )
        self.assertIsInstance(plan.policy, AccessPolicy)

    def test_otherMistakes(self) -> None:
        """Where a class cannot be loaded its operations are not known: that they are not there is not said."""
        more = _BOARD.replace("skeletons:Greeter", "skeletons:Grete")
        error = self.assertRaises(
            Mistakes,
            planOf,
            rules('who = "*"', 'may = "greet"', 'on = "/services/board"', more=more),
        )
        self.assertEqual([line for line in error.lines if "access" in line], [])


class PolicyTests(SynchronousTestCase):
    """The policy a node has."""

    def test_none(self) -> None:
        """Without [access] everybody may do everything, whoever is known."""
        for text in ("", WHO):
            self.assertIsInstance(planOf(text).policy, AllowAll)

    def test_anonymousNone(self) -> None:
        """With it alone nobody may do anything."""
        plan = planOf(f'{WHO}\n[access]\nanonymous = "none"')
        found = {each.whose for one in permissionsOf(plan) for each in one.may}
        self.assertEqual(found, {""})

    def test_anonymousRead(self) -> None:
        """What the anonymous may read, those who are known may read as well."""
        plan = planOf(f'{WHO}\n[access]\nanonymous = "read"')
        for one in permissionsOf(plan):
            self.assertEqual([each.access for each in one.may if each.whose], ["read"])

    def test_listen(self) -> None:
        """Other machines are let in by TLS and rules together, or when it is spelled out; by one of them never."""
        ssl = '[node]\nlisten = "ssl:1:interface=192.0.2.1"\n'
        access = '[access]\nanonymous = "none"\n'
        for text, why in (
            (
                '[node]\nlisten = "tcp:1:interface=192.0.2.1"\n',
                "there is neither TLS nor authentication",
            ),
            ('[node]\nlisten = "tcp:1:interface=192.0.2.1"\n' + access, "there is no TLS"),
            (ssl, "nothing says who may do what; say it under [access]"),
        ):
            error = self.assertRaises(Mistakes, planOf, text)
            self.assertIn(f"lets other machines in, and {why}", error.message)
        error = self.assertRaises(Mistakes, planOf, ssl + access)
        self.assertNotIn("other machines", error.message)

    def test_isLocal(self) -> None:
        """That is known of addresses of the machine alone, not of what is spelled out."""
        self.assertTrue(planOf("").isLocal)
        other = "[node]\nlisten='tcp:1:interface=192.0.2.1'\ninsecure=true"
        self.assertFalse(planOf(other).isLocal)


class OfferTests(SynchronousTestCase):
    """What there is to be asked."""

    def test_ends(self) -> None:
        """To end a service counts as what made it."""
        plan = planOf(_BOARD)
        found = {
            one.place: one.operations["destroy"]
            for one in plan.offers
            if "destroy" in one.operations
        }
        self.assertEqual(
            found,
            {
                "/services/index": Access.CREATE,
                "/services/index/entries/*": Access.REGISTER,
                "/services/index/subscriptions/*": Access.SUBSCRIBE,
                "/services/container": Access.CREATE,
                "/services/container/entries/*": Access.REGISTER,
                "/services/container/subscriptions/*": Access.SUBSCRIBE,
                "/services/board": Access.CREATE,
                "/services/board/subscriptions/*": Access.SUBSCRIBE,
                "/services/instances/*": Access.CREATE,
            },
        )

    def test_kinds(self) -> None:
        """Sinks are where something is aggregated, entries where there are members."""
        for kind, has in (
            (INDEX, {"sinks", "entries"}),
            (REGISTRY, {"entries"}),
            (RIPS, set()),
            (MMJFS, {"sinks"}),
            (AGGREGATOR_NODE, {"sinks"}),
        ):
            places = {
                one.path.rpartition("/")[2]
                for one in planOf("", kind=kind).offers
                if one.path.startswith(f"{kind.path}/") and one.areBelow
            }
            self.assertEqual(places, has | {"subscriptions"})

    def test_healthy(self) -> None:
        """What nobody is asked for is not among it."""
        paths = [one.path for one in planOf("").offers]
        for one in ("/-/healthy", "/-/ready"):
            self.assertNotIn(one, paths)


class DecisionTests(SynchronousTestCase):
    """What a policy comes to."""

    def setUp(self) -> None:
        """Publishers on one service, operators everywhere."""
        self.plan = planOf(
            f"""{WHO}
[access.rules.publishers]
who = "bob"
may = "register"
on = "/services/index"
[access.rules.operators]
who = "@operators"
may = ["register", "admin"]
owners = "any"
"""
        )

    def test_decide(self) -> None:
        """It is said by which rule, and whose things are meant; of services below the class is that of their kind."""
        one = decide(self.plan, "bob", "destroy", "/services/index/entries/7")
        self.assertEqual(
            attrs.astuple(one),
            (
                "bob",
                "destroy",
                "/services/index/entries/7",
                "register",
                True,
                "[access.rules.publishers]",
                "own",
                "",
            ),
        )
        one = decide(self.plan, "alice", "POST", "/-/reload")
        self.assertEqual((one.isAllowed, one.owners), (True, ""))
        one = decide(self.plan, "bob", "destroy", "/services/index")
        self.assertEqual(
            (one.access, one.isAllowed, one.rule, one.owners), ("create", False, "", "")
        )

    def test_unknown(self) -> None:
        """What is not there is no question, and what there is like it is told."""
        for words, said in (
            (("bo", "add", "/services/index"), 'there is no identity "bo"; did you mean "bob"?'),
            (
                ("bob", "ad", "/services/index"),
                '/services/index has no operation "ad"; did you mean "add"?',
            ),
            (
                ("bob", "add", "/services/inde"),
                'this node has nothing at "/services/inde"; did you mean',
            ),
        ):
            error = self.assertRaises(LookupError, decide, self.plan, *words)
            self.assertTrue(error.args[0].startswith(said), error.args[0])

    def test_open(self) -> None:
        """Without [access] who holds a handle may do it."""
        one = decide(planOf(WHO), "anonymous", "destroy", "/services/index/entries/7")
        self.assertEqual(
            (one.isAllowed, one.rule, one.owners), (True, "there is no [access]", Whose.HELD.value)
        )

    def test_permissions(self) -> None:
        """Where a class is allowed in part only, it is said where."""
        found = {
            one.identity: {each.access: each for each in one.may}
            for one in permissionsOf(self.plan)
        }
        self.assertEqual(list(found), ["anonymous", "alice", "bob"])
        self.assertEqual({each.whose for each in found["anonymous"].values()}, {""})
        self.assertEqual(
            (found["alice"]["register"].whose, found["alice"]["register"].isEverywhere),
            ("any", True),
        )
        self.assertEqual(found["alice"]["admin"].whose, "yes")
        register = found["bob"]["register"]
        self.assertEqual((register.whose, register.isEverywhere), ("own", False))
        self.assertIn("/services/index/entries/* destroy", register.at)
        self.assertNotIn("/services/container/entries/* destroy", register.at)
