"""What a site adds to nodes of gma_twisted: each part in a file of its own."""
