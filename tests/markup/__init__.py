"""Tests of gma_twisted.markup."""
