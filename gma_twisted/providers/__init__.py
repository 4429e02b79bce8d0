"""The core providers, one file each (WIRE 4)."""

from gma_twisted.providers.script import ScriptExecutionProvider
from gma_twisted.providers.system import SimpleSystemInformationProvider

__all__ = ["CORE_PROVIDERS", "ScriptExecutionProvider", "SimpleSystemInformationProvider"]

# Imported when one is configured: none needs what another one does.
_FILES = {
    "AsyncDocumentProvider": "document",
    "ForkInfoProvider": "fork",
    "GangliaProvider": "ganglia",
    "HostScriptProvider": "hostscript",
    "PBSInfoProvider": "pbs",
    "PrometheusScrapeProvider": "prometheus",
    "ScriptExecutionProvider": "script",
    "SimpleSystemInformationProvider": "system",
    "SlurmInfoProvider": "slurm",
}

CORE_PROVIDERS = {name: f"{__name__}.{file}:{name}" for name, file in _FILES.items()}
"""Short name to dotted name, for configurations."""
