"""NetLogger lines."""
