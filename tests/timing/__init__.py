"""Tests of gma_twisted.timing."""
