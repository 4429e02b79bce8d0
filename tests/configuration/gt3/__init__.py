"""GT3's provider files."""
