"""Providers with what they ask: programs and servers, played and real."""
