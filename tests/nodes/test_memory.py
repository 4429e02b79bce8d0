"""What the garbage collector does not walk over."""

import gc

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.nodes.memory import keepLoaded, settleMemory


class MemoryTests(SynchronousTestCase):
    """The two moments of a start."""

    def setUp(self) -> None:
        """Leave the collector of this process as it was."""
        self.addCleanup(gc.unfreeze)
        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        # Another test of this process may have settled it already.
        gc.set_threshold(700, 10, 10)

    def collections(self) -> int:
        """How many collections of everything there were."""
        return int(gc.get_stats()[2]["collections"])

    def test_settled(self) -> None:
        """What is there when the node starts is not walked over, and what comes is collected more rarely."""
        before = gc.get_threshold()
        settleMemory()
        self.assertGreater(gc.get_freeze_count(), 0)
        self.assertGreater(gc.get_threshold(), before)

    def test_slices(self) -> None:
        """While ever more is loaded, no collection walks over more than a turn of the reactor has time for."""
        settleMemory()
        walked: list[int] = []

        def count(phase: str, info: dict[str, int]) -> None:
            if phase == "start":
                generations = range(info["generation"] + 1)
                walked.append(sum(len(gc.get_objects(generation=each)) for each in generations))

        gc.callbacks.append(count)
        self.addCleanup(gc.callbacks.remove, count)
        loaded = [[number] for number in range(450_000)]
        self.assertEqual(len(loaded), 450_000)
        self.assertGreater(len(walked), 10)
        self.assertLess(max(walked), 50_000)

    def test_loaded(self) -> None:
        """What was loaded since joins it, and no collection walks over it for that."""
        settleMemory()
        before = gc.get_freeze_count()
        loaded = [[number] for number in range(10_000)]
        collections = self.collections()
        keepLoaded()
        self.assertGreaterEqual(gc.get_freeze_count() - before, len(loaded))
        self.assertEqual(self.collections(), collections)
