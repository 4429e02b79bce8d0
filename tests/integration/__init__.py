"""Tests with real sockets, processes and foreign clients, on 127.0.0.1, bounded."""
