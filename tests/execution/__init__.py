"""Tests of gma_twisted.execution."""
