"""Tests of L{gma_twisted.soap.notices}."""
