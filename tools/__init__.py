"""Unpackaged development scripts."""
