"""Policies: nobody may do anything but what a rule allows."""

from collections.abc import Collection, Sequence

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import Refused
from gma_twisted.interfaces import IPolicy
from gma_twisted.model import Access, Whose
from gma_twisted.security import AccessPolicy, AccessRule, AllowAll

INDEX = "/services/index"
GROUPS = {"alice": ("operators",), "bob": ("publishers", "readers"), "carol": ()}


def policy(*rules: AccessRule) -> AccessPolicy:
    """Of these rules."""
    return AccessPolicy(rules, GROUPS)


def rule(
    who: Collection[str] = ("bob",),
    may: Collection[Access | str] = (Access.READ,),
    on: Sequence[str] = ("/*",),
    whose: Whose = Whose.OWN,
    name: str = "r",
) -> AccessRule:
    """One."""
    return AccessRule(name, who, may, on, whose)


def may(
    asked: IPolicy,
    who: str = "bob",
    operation: str = "{urn:x}look",
    path: str = INDEX,
    access: Access = Access.READ,
) -> Whose | None:
    """What is answered; C{None} for a refusal."""
    try:
        return asked.check(who, operation, path, access)
    except Refused:
        return None


class PolicyTests(SynchronousTestCase):
    """L{AccessPolicy}."""

    def test_interface(self) -> None:
        """It is a policy, and unlike the one that allows everything it guards something."""
        self.assertTrue(verifyObject(IPolicy, policy()))
        self.assertTrue(policy().isGuard)
        self.assertFalse(AllowAll().isGuard)

    def test_nothing(self) -> None:
        """Without a rule nobody may do anything."""
        for who in ("anonymous", "alice", "nobody-known"):
            for access in Access:
                self.assertIsNone(may(policy(), who, access=access))

    def test_who(self) -> None:
        """Rules are for identities, groups, everybody who is known, and the anonymous; each means no other."""
        for who, allowed in (
            ("bob", {"bob"}),
            ("@operators", {"alice"}),
            ("@readers", {"bob"}),
            ("*", {"alice", "bob", "carol"}),
            ("anonymous", {"anonymous"}),
            ("@bob", set()),
            ("operators", set()),
        ):
            asked = policy(rule([who]))
            found = {one for one in (*GROUPS, "anonymous") if may(asked, one)}
            self.assertEqual(found, allowed, who)

    def test_groupOfNobody(self) -> None:
        """Nobody is in a group by being called like it."""
        asked = AccessPolicy([rule(["@operators"])], {"@operators": (), "operators": ()})
        self.assertIsNone(may(asked, "operators"))

    def test_may(self) -> None:
        """A rule names classes, or operations by their local names whatever they count as."""
        asked = policy(rule(may=[Access.RUN, "destroy"]))
        self.assertIs(may(asked, access=Access.RUN), Whose.OWN)
        self.assertIs(may(asked, operation="{urn:x}destroy", access=Access.CREATE), Whose.OWN)
        self.assertIsNone(may(asked, operation="{urn:x}destroyed", access=Access.CREATE))
        self.assertIsNone(may(asked, operation="{urn:x}run", access=Access.READ))

    def test_on(self) -> None:
        """A path holds with all that is below it; one that ends with a star only for that."""
        for on, paths in (
            (INDEX, {INDEX, f"{INDEX}/entries/1"}),
            (f"{INDEX}/*", {f"{INDEX}/entries/1"}),
            ("/services/*", {INDEX, f"{INDEX}/entries/1", "/services/indexes"}),
            ("/*", {INDEX, f"{INDEX}/entries/1", "/services/indexes", "/", "/metrics"}),
            ("/", {"/"}),
            ("/metrics", {"/metrics"}),
        ):
            asked = policy(rule(on=[on]))
            every = (INDEX, f"{INDEX}/entries/1", "/services/indexes", "/", "/metrics")
            self.assertEqual({one for one in every if may(asked, path=one)}, paths, on)

    def test_whose(self) -> None:
        """Of rules that meet, whatever their order, the one for everybody's things counts, where it holds."""
        own = rule(name="own")
        any = rule(on=["/services/registry"], whose=Whose.ANY, name="any")
        for rules in ((own, any), (any, own)):
            asked = policy(*rules)
            self.assertIs(may(asked), Whose.OWN)
            self.assertIs(may(asked, path="/services/registry"), Whose.ANY)
            found = asked.ruleFor("bob", "look", "/services/registry", Access.READ)
            self.assertEqual(found and found.name, "any")

    def test_refusal(self) -> None:
        """It names who, what and where, and what the operator can write; of the rules nothing."""
        asked = policy(rule(["alice"], name="secret"))
        error = self.assertRaises(
            Refused, asked.check, "bob", "{urn:x}destroy", f"{INDEX}/\n", Access.CREATE
        )
        self.assertEqual(
            error.message,
            f"bob may not call destroy of {INDEX}/\\n; the operator can allow it by a rule under [access]"
            ' with may = "create"',
        )

    def test_bounded(self) -> None:
        """What is kept of callers and operations is bounded, and right after it was forgotten."""
        asked = policy(rule(["*"]))
        for number in range(10_001):
            self.assertIs(may(asked, f"someone{number}"), Whose.OWN)
        self.assertLessEqual(len(asked._places), 10_000)
        self.assertLessEqual(len(asked._allowed), 10_000)
        self.assertIsNone(may(asked, "anonymous"))

    def test_kept(self) -> None:
        """Of decisions only what allows is kept, and not for long paths: nobody fills memory by asking."""
        asked = policy(rule(on=[INDEX]))
        for path in (INDEX, f"{INDEX}/{'x' * 300}", "/elsewhere", "/metrics"):
            for _ in range(2):
                self.assertIs(may(asked, path=path), Whose.OWN if INDEX in path else None)
        self.assertEqual([one[2] for one in asked._allowed], [INDEX])

    def test_otherRules(self) -> None:
        """Another policy knows nothing of what this one allowed, and the other way round."""
        first, other = policy(rule()), policy(rule(["alice"], whose=Whose.ANY))
        for _ in range(2):
            self.assertEqual((may(first), may(first, "alice")), (Whose.OWN, None))
            self.assertEqual((may(other), may(other, "alice")), (None, Whose.ANY))


_NAMES = st.sampled_from(("alice", "bob", "*", "anonymous", "@operators", "@readers"))
_PLACES = st.sampled_from(("/*", "/", INDEX, f"{INDEX}/*", "/services/*", "/metrics"))
_RULES = st.builds(
    AccessRule,
    st.just("r"),
    st.frozensets(_NAMES, max_size=3),
    st.frozensets(st.sampled_from((Access.READ, Access.REGISTER, "add")), max_size=2),
    st.lists(_PLACES, min_size=1, max_size=2),
    st.sampled_from((Whose.OWN, Whose.ANY)),
)


def _holds(one: AccessRule, who: str, operation: str, path: str, access: Access) -> bool:
    names = {who} if who == "anonymous" else {who, "*", *(f"@{each}" for each in GROUPS[who])}
    isThere = any(
        path.startswith(on[:-1]) if on.endswith("/*") else path == on or path.startswith(on + "/")
        for on in one.on
    )
    return bool(names & set(one.who)) and bool({access, operation} & set(one.may)) and isThere


class ModelTests(SynchronousTestCase):
    """Against the rules read one by one."""

    @given(
        st.lists(_RULES, max_size=5),
        st.lists(
            st.tuples(
                st.sampled_from(("anonymous", "alice", "bob", "carol")),
                st.sampled_from(("add", "look")),
                st.sampled_from(("/", "/metrics", INDEX, f"{INDEX}/entries/1")),
                st.sampled_from((Access.READ, Access.REGISTER, Access.ADMIN)),
            ),
            max_size=8,
        ),
    )
    def test_model(
        self, rules: list[AccessRule], asked: list[tuple[str, str, str, Access]]
    ) -> None:
        """Allowed is what one rule allows, for everybody's things when one of these says so; asked often or once."""
        made = policy(*rules)
        for who, operation, path, access in asked * 2:
            held = [one for one in rules if _holds(one, who, operation, path, access)]
            wanted = None
            if held:
                isAny = any(one.whose is Whose.ANY for one in held)
                wanted = Whose.ANY if isAny else Whose.OWN
            found = may(made, who, f"{{urn:x}}{operation}", path, access)
            self.assertIs(found, wanted)
