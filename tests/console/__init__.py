"""Tests of gma_twisted.console."""
