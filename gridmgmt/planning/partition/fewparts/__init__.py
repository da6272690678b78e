"""Few large parts: a portfolio of long walks, then a proof by pricing every part that could be."""
