"""
Grid monitoring on Twisted: OGSI service data over SOAP, live providers, soft state.

Import from the rooms (C{gma_twisted.model}, C{gma_twisted.interfaces}, ...); this module only
carries the version.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
