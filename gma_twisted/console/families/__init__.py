"""The metrics of a node, declared once: name, type, what it says, labels, and where its values come from."""

from gma_twisted.console.families.every import FAMILIES
from gma_twisted.console.families.family import Family, Value
from gma_twisted.console.families.providers import PROVIDER_STATES
from gma_twisted.console.families.reading import Reading
from gma_twisted.console.families.registry import MEMBERSHIP_STATES

__all__ = ["FAMILIES", "MEMBERSHIP_STATES", "PROVIDER_STATES", "Family", "Reading", "Value"]
