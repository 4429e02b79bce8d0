"""Tests of gma_twisted.pygma."""
