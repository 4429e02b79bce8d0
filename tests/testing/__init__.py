"""Tests of gma_twisted.testing: contracts must catch liars."""
