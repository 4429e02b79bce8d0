"""One soft-state catalogue a service, behind registerService and OGSI service groups; entries are services too."""

from gma_twisted.registration.catalogue import MAX_BATCH, Catalogue
from gma_twisted.registration.content import DESCRIPTION
from gma_twisted.registration.ending import Ending
from gma_twisted.registration.entries import Entries
from gma_twisted.registration.entryvalues import ENTRY
from gma_twisted.registration.grants import GrantLimits
from gma_twisted.registration.group import GroupRegistration
from gma_twisted.registration.publisher import EntryPublisher
from gma_twisted.registration.registrar import ServiceRegistrar
from gma_twisted.registration.rules import ADMIT_ALL, MembershipRule

__all__ = [
    "ADMIT_ALL",
    "DESCRIPTION",
    "ENTRY",
    "MAX_BATCH",
    "Catalogue",
    "Ending",
    "Entries",
    "EntryPublisher",
    "GrantLimits",
    "GroupRegistration",
    "MembershipRule",
    "ServiceRegistrar",
]
