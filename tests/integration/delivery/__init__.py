"""Proof that subscribers hear what they were promised: sinks that fail in every way, and senders that are killed."""
