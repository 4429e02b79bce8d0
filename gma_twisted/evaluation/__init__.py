"""What a query worker does: keeps copies of values, evaluates XPath and XQuery over them; no Twisted, no store.

A node starts workers as processes of their own and talks to them in frames: an expression that never ends, takes all
memory or tries to read a file ends its worker, not the node (RELIABILITY, queries).
"""
