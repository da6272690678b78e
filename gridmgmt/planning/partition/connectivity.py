"""Whether a part stays in one piece when a unit leaves it: a search that stops once the unit's neighbours are found."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, assignment"

from gridmgmt.planning.partition.compiled import compiled_inside


@compiled_inside
def ends_in(indptr, indices, labels, unit, part, ends, extra):
    """Neighbours of `unit` in `part`, and `extra` (−1: none): written to `ends`; returns how many."""
    found = 0
    for edge in range(indptr[unit], indptr[unit + 1]):
        if labels[indices[edge]] == part and indices[edge] != extra:
            ends[found] = indices[edge]
            found += 1
    if extra >= 0:
        ends[found] = extra
        found += 1
    return found


@compiled_inside
def hang_together(indptr, indices, labels, part, ends, found_ends, seen, mark, queue):
    """Whether the first `found_ends` units of `ends`, all in `part`, hang together inside it."""
    if found_ends <= 1:
        return True
    for end in range(found_ends):
        seen[ends[end]] = mark
    seen[ends[0]] = mark + 1
    queue[0] = ends[0]
    head, tail, missing = 0, 1, found_ends - 1
    while head < tail:
        here = queue[head]
        head += 1
        for edge in range(indptr[here], indptr[here + 1]):
            there = indices[edge]
            if labels[there] != part or seen[there] == mark + 1:
                continue
            if seen[there] == mark:
                missing -= 1
                if missing == 0:
                    return True
            seen[there] = mark + 1
            queue[tail] = there
            tail += 1
    return False
