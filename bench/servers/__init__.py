"""The servers that are compared, one file a kind; C{python -m bench.servers NAME} runs one of them."""
