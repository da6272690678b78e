"""What `divide` is made of: atoms and their borders, dedicated grids, crossings, pockets, the parts as frames."""
