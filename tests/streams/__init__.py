"""Lines of events: sending them, and listening for them."""
