"""How few households can move: a linear programme over every part that could be, under every name it could bear."""
