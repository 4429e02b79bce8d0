"""Tests of gma_twisted.handlers."""
