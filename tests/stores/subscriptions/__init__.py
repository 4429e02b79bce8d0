"""Tests of the store of subscriptions."""
