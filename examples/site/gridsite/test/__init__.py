"""What each part promises, as tests."""
