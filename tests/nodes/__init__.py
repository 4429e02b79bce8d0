"""Tests of gma_twisted.nodes."""
