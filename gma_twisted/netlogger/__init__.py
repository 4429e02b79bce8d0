"""NetLogger's lines: events on one line each, as L{BP <gma_twisted.netlogger.bp>} (NetLogger 3 and 4) and as
L{ULM <gma_twisted.netlogger.ulm>} (NetLogger 1 and 2; draft-abela-ulm).

Lines know text and numbers, and names that come once. What else an event holds is refused with NotRepresentable, so
that what was written is read as it was: L{flattened <gma_twisted.netlogger.flat.flattened>}, with containers as paths.
"""

from gma_twisted.netlogger import bp, ulm
from gma_twisted.netlogger.flat import flattened
from gma_twisted.netlogger.pairs import MAX_LINE, Dialect

__all__ = ["MAX_LINE", "Dialect", "bp", "flattened", "ulm"]
