"""What `partition` asks of the arrays it is given: a symmetric matrix, whole weights, columns of one value per unit."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from gridmgmt.errors import InvalidInput
from gridmgmt.messages import Words

FloatArray = NDArray[np.float64]


def whole_weights(weights: ArrayLike) -> FloatArray:
    """(n,) weights; InvalidInput unless they are whole and not negative."""
    try:
        whole = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput(detail=Words("reasons.graph_fraction", row=1)) from error
    require(whole.ndim == 1, Words("reasons.graph_column", shape=str(whole.shape), count=len(whole)))
    require_all(np.isfinite(whole) & (whole == np.round(whole)), "reasons.graph_fraction")
    require_all(whole >= 0, "reasons.graph_negative")
    return whole


def checked_graph(adjacency: csr_array, count: int) -> csr_array:
    """The matrix as the searches want it; InvalidInput unless it is square, finite and symmetric, edge by edge.

    What a unit has with itself is no edge.
    """
    entries = csr_array(adjacency, dtype=np.float64).tocoo()
    require(entries.shape == (count, count), Words("reasons.graph_shape", shape=str(entries.shape), count=count))
    apart = entries.row != entries.col
    graph = csr_array((entries.data[apart], (entries.row[apart], entries.col[apart])), shape=entries.shape)
    graph.sort_indices()
    other = graph.T.tocsr()
    other.sort_indices()
    same = np.array_equal(graph.indptr, other.indptr) and np.array_equal(graph.indices, other.indices)
    require(same and np.allclose(graph.data, other.data), Words("reasons.graph_not_symmetric"))
    return graph


def column_of_units(values: ArrayLike | None, count: int, default: float) -> FloatArray:
    """(count,) one value per unit; `default` for none and for NaN."""
    if values is None:
        return np.full(count, float(default))
    column = np.asarray(values, dtype=np.float64)
    require(column.shape == (count,), Words("reasons.graph_column", shape=str(column.shape), count=count))
    return np.where(np.isnan(column), default, column)


def require(condition: bool, detail: Words) -> None:
    """InvalidInput unless the condition holds."""
    if not condition:
        raise InvalidInput(detail=detail)


def require_all(sound: NDArray[np.bool_], reason: str) -> None:
    """InvalidInput naming the first that is not sound, counted from 1."""
    if not sound.all():
        raise InvalidInput(detail=Words(reason, row=int(np.argmin(sound)) + 1))
