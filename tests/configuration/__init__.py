"""Tests of gma_twisted.configuration."""
