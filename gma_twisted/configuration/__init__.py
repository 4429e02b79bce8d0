"""The operator's words: TOML to frozen values, and classes by dotted name; mistakes say where and what."""

from gma_twisted.configuration.components import ComponentFactory, findBeside
from gma_twisted.configuration.draft import Draft
from gma_twisted.configuration.kinds import checkName
from gma_twisted.configuration.limits import LimitsSection
from gma_twisted.configuration.listen import Listen
from gma_twisted.configuration.mistakes import Mistake, Mistakes, Source
from gma_twisted.configuration.reader import readConfiguration, readDraft, readFile
from gma_twisted.configuration.sections import Configuration, NodeSection, ProviderSection

__all__ = [
    "ComponentFactory",
    "Configuration",
    "Draft",
    "LimitsSection",
    "Listen",
    "Mistake",
    "Mistakes",
    "NodeSection",
    "ProviderSection",
    "Source",
    "checkName",
    "findBeside",
    "readConfiguration",
    "readDraft",
    "readFile",
]
