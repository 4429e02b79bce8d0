"""Expressions that harm where nothing holds them, put to real nodes and to real query workers."""
