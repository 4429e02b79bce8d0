"""The core providers, one file each (WIRE 4)."""

from gma_twisted.providers.script import ScriptExecutionProvider
from gma_twisted.providers.system import SimpleSystemInformationProvider

__all__ = ["CORE_PROVIDERS", "ScriptExecutionProvider", "SimpleSystemInformationProvider"]

CORE_PROVIDERS = {
    one.__name__: f"{one.__module__}:{one.__name__}"
    for one in (ScriptExecutionProvider, SimpleSystemInformationProvider)
}
"""Short name to dotted name, for configurations."""
