"""Tests of gma_twisted.security."""
