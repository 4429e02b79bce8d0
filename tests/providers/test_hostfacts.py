"""What the machine says of its processor."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.providers.hostfacts import HostFacts

X86 = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: Intel(R) Xeon(R) CPU
stepping\t: 7
cpu MHz\t\t: 2593.906

processor\t: 1
vendor_id\t: Other
"""


class FactsTests(SynchronousTestCase):
    """HostFacts."""

    def processor(self, text: str) -> dict[str, str]:
        """What is told of the processor of such a /proc/cpuinfo; the instruction set is this machine's."""
        path = Path(self.mktemp())
        path.write_text(text)
        found = dict(HostFacts.read(path).processor)
        found.pop("InstructionSet")
        return found

    def test_first(self) -> None:
        """The first processor is told, its clock in whole MHz."""
        self.assertEqual(
            self.processor(X86),
            {
                "Vendor": "GenuineIntel",
                "Model": "Intel(R) Xeon(R) CPU",
                "Version": "family 6 model 85 stepping 7",
                "ClockSpeed": "2593",
            },
        )

    def test_silent(self) -> None:
        """What the machine does not tell is left out, not made up."""
        self.assertEqual(self.processor("processor\t: 0\nBogoMIPS\t: 50.00\n"), {})

    def test_noFile(self) -> None:
        """A system without the file is no error."""
        facts = HostFacts.read(Path("/no/such/cpuinfo"))
        self.assertNotIn("Model", facts.processor)
        self.assertEqual(facts.architecture["SMPSize"], str(facts.processors))
