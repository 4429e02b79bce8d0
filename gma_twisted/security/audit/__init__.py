"""What is written down of calls that change something, and how anybody can see that all of it is still there.

Top down: C{fileaudit} is what a node's Exchange tells of every write, C{refusals} keeps a brute force from filling the
disk, C{settling} brings lines to the disk, C{chainfile} writes files one after the other, C{tail} finds where the last
life of a node left off, C{chain} is the bytes of a line. C{reading} reads files, C{verify} judges them. C{log} is for
nodes that keep no file.
"""

from gma_twisted.security.audit.chainfile import ChainFile
from gma_twisted.security.audit.fileaudit import FileAudit
from gma_twisted.security.audit.log import LogAudit, NoAudit
from gma_twisted.security.audit.reading import NAME as AUDIT_FILE

__all__ = ["AUDIT_FILE", "ChainFile", "FileAudit", "LogAudit", "NoAudit"]
