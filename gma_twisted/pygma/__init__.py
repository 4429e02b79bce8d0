"""
pyGMA's modules under their names: C{event}, C{producer}, C{consumer}, C{registry} and C{core}.

For programs without a reactor of their own: proxies wait for the answer, servers run with C{.serve(port)}. How a
program of pyGMA is moved is told in docs/pygma.md; a program that has a reactor uses L{gma_twisted.client.gma} and
L{gma_twisted.roles}.
"""
