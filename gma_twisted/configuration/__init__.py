"""The operator's words: TOML to frozen values, and classes by dotted name; mistakes say where and what."""

from gma_twisted.configuration.access import (
    AccessRuleSection,
    AccessSection,
    AnonymousAccess,
    Owners,
)
from gma_twisted.configuration.aggregate import AggregateSection
from gma_twisted.configuration.archive import ArchiveSection
from gma_twisted.configuration.audit import AuditSection, WhenFull
from gma_twisted.configuration.components import MEND, ComponentFactory, findBeside
from gma_twisted.configuration.connect import ConnectSection
from gma_twisted.configuration.consumer import ConsumerSection, Output, Over, SubscribeSection
from gma_twisted.configuration.directory import DirectorySection
from gma_twisted.configuration.draft import Draft
from gma_twisted.configuration.factory import FactorySection, ServiceSection
from gma_twisted.configuration.filtering import FilterSection
from gma_twisted.configuration.identity import IdentitySection
from gma_twisted.configuration.kinds import checkName
from gma_twisted.configuration.limits import LimitsSection
from gma_twisted.configuration.listen import Listen
from gma_twisted.configuration.mistakes import Mistake, Mistakes, Source
from gma_twisted.configuration.notify import NotifySection
from gma_twisted.configuration.producer import ProducerSection
from gma_twisted.configuration.query import QuerySection
from gma_twisted.configuration.reader import readConfiguration, readDraft, readFile
from gma_twisted.configuration.registry import (
    MembershipRuleSection,
    RegisterSection,
    RegistrySection,
)
from gma_twisted.configuration.republish import RepublishSection
from gma_twisted.configuration.rips import RIPSSection
from gma_twisted.configuration.sections import (
    Configuration,
    Engine,
    NodeSection,
    ProviderSection,
    StoreSection,
)
from gma_twisted.configuration.servicedata import ServiceDataSection
from gma_twisted.configuration.streams import StreamsSection
from gma_twisted.configuration.summarise import SummariseSection
from gma_twisted.configuration.tls import Clients, TLSSection

__all__ = [
    "MEND",
    "AccessRuleSection",
    "AccessSection",
    "AggregateSection",
    "AnonymousAccess",
    "ArchiveSection",
    "AuditSection",
    "Clients",
    "ComponentFactory",
    "Configuration",
    "ConnectSection",
    "ConsumerSection",
    "DirectorySection",
    "Draft",
    "Engine",
    "FactorySection",
    "FilterSection",
    "IdentitySection",
    "LimitsSection",
    "Listen",
    "MembershipRuleSection",
    "Mistake",
    "Mistakes",
    "NodeSection",
    "NotifySection",
    "Output",
    "Over",
    "Owners",
    "ProducerSection",
    "ProviderSection",
    "QuerySection",
    "RIPSSection",
    "RegisterSection",
    "RegistrySection",
    "RepublishSection",
    "ServiceDataSection",
    "ServiceSection",
    "Source",
    "StoreSection",
    "StreamsSection",
    "SubscribeSection",
    "SummariseSection",
    "TLSSection",
    "WhenFull",
    "checkName",
    "findBeside",
    "readConfiguration",
    "readDraft",
    "readFile",
]
