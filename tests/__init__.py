"""The suite; the tree below mirrors the package."""
