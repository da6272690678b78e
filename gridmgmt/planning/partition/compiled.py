"""How loops are compiled: once per machine (numba's cache), without the interpreter lock, and with as little as can be.

A way in from C is never used. What only compiled code calls needs no way in from Python either: without them a small
function compiles in half the time.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from numba import njit
from numba.extending import register_jitable

#: For a loop that Python calls.
compiled = njit(cache=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True)
#: For what compiled loops call; from Python it runs interpreted.
compiled_inside = register_jitable(error_model="numpy", no_cfunc_wrapper=True)
