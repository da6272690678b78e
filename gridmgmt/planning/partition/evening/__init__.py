"""The least total deviation of a pool, and its proof: column generation over all parts that could be, and branching."""
