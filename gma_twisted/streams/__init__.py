"""Lines of events over TCP, UDP and in files: sending them, and listening for them (docs/streams.md)."""
