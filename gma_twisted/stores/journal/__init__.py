"""The journal: batches of records in one SQLite file, so that what was committed outlives the process and the machine.

Top down: C{journal} is the recorder, C{cleaning} keeps it small, C{worker} runs what blocks in one thread,
C{database} speaks with SQLite, C{file} opens the connection it does that on, C{replay} makes rows of batches, C{batch}
and C{record} are the bytes.
"""

from gma_twisted.stores.journal.damage import Quarantined
from gma_twisted.stores.journal.journal import Journal
from gma_twisted.stores.journal.machine import machineBoot
from gma_twisted.stores.journal.worker import Inline, Worker, WriterThread, shortenTurns

__all__ = [
    "Inline",
    "Journal",
    "Quarantined",
    "Worker",
    "WriterThread",
    "machineBoot",
    "shortenTurns",
]
