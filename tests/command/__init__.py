"""Tests of gma_twisted.command."""
