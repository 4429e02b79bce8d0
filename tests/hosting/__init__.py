"""Tests of standard service data."""
