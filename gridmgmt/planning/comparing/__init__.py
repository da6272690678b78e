"""Two plans side by side, and one plan among all that are possible."""
