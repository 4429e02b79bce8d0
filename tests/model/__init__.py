"""Tests of gma_twisted.model."""
