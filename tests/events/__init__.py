"""Events of a producer."""
