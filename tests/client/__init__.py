"""Tests of gma_twisted.client."""
