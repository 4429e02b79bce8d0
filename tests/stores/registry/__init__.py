"""Tests of the registry store."""
