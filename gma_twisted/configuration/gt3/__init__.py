"""GT3's provider configuration files as they are: read into the same sections as TOML (WIRE 4)."""

from gma_twisted.configuration.gt3.classes import ProviderClasses
from gma_twisted.configuration.gt3.joining import JoinedSource, join
from gma_twisted.configuration.gt3.reader import readProviderFile, readProviders

__all__ = [
    "JoinedSource",
    "ProviderClasses",
    "join",
    "readProviderFile",
    "readProviders",
]
