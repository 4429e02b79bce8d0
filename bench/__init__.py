"""Side-by-side benchmarks: this node's Gate beside other ways to answer the same request on the same machine."""
