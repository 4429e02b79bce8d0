"""The example packages, and the page that shows them."""
