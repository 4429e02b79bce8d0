"""Tests of gma_twisted.processes."""
