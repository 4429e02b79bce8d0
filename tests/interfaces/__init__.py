"""Tests of gma_twisted.interfaces."""
