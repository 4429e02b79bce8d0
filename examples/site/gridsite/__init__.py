"""Batch queues and announcements of a site: a provider, a handler and a service for nodes of gma_twisted."""
