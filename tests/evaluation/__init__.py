"""Of what a query worker does."""
