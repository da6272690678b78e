"""What `resize` is made of: pools and locks, whole grids, first plans, the search, and what it returns."""
