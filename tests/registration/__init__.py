"""Tests of the catalogue and its faces."""
