"""What subscribers are granted."""

import math

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import NameSelector, QName, Topic
from gma_twisted.notify.source import SubscriptionGrants
from gma_twisted.soap.subscribing import SubscribeExpression

_TOPIC = Topic((NameSelector(QName("urn:a", "b")),))


class GrantTests(SynchronousTestCase):
    """Within bounds."""

    def test_lease(self) -> None:
        """Not shorter and not longer than the bounds."""
        grants = SubscriptionGrants(10.0, 30.0)
        asked = (-math.inf, -1.0, 10.0, 20.0, 31.0, math.inf)
        self.assertEqual([grants.lease(one) for one in asked], [10.0, 10.0, 10.0, 20.0, 30.0, 30.0])

    def test_longInterval(self) -> None:
        """The pause between two notices is not longer than a lease can be, unless the operator wants it."""
        for interval, granted in ((0.0, 30.0), (40.0, 40.0)):
            grants = SubscriptionGrants(10.0, 30.0, interval=interval)
            asked = SubscribeExpression(_TOPIC, 1e26, math.inf)
            self.assertEqual(grants.intervals(asked), (granted, math.inf))

    def test_intervals(self) -> None:
        """Not shorter than the bounds, and still in their order; a repetition that is not asked does not come."""
        for least, repeat, asked, granted in (
            (0.0, 1.0, (0.0, math.inf), (0.0, math.inf)),
            (0.0, 1.0, (0.0, 0.001), (0.0, 1.0)),
            (2.0, 1.0, (0.0, 0.001), (2.0, 2.0)),
            (2.0, 1.0, (3.0, 4.0), (3.0, 4.0)),
            (5.0, 1.0, (3.0, 4.0), (5.0, 5.0)),
        ):
            grants = SubscriptionGrants(interval=least, repeat=repeat)
            expression = SubscribeExpression(_TOPIC, *asked)
            self.assertEqual(grants.intervals(expression), granted)
