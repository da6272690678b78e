"""The bootstrap behind `./run`: from a bare Python to a running system. Standard library only."""
