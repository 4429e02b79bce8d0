"""Tests of gma_twisted.providers."""
