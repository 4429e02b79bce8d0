"""The C{gma} command: what an operator asks of nodes and does with configurations. One verb a function, one subject a
file; L{main <gma_twisted.command.main>} lists them. A verb that asks and ends imports no reactor."""
