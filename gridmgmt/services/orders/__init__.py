"""Plans that are asked for (`asking`): queued at once, computed later by whoever takes the order up (`queue`).

Nothing is gathered here: who only waits for an order loads `queue`, and the planning room with the first order.
"""
