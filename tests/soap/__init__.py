"""Tests of gma_twisted.soap."""
