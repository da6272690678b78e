"""What `merge` is made of: priced groups of communities, exact and large pools, Pareto fronts, the report."""
