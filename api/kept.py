"""What many ask for and may be some seconds old: made for the first who asks, told to the others."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

MOST = 256  # answers kept at once
T = TypeVar("T")


class Kept(Generic[T]):
    """Answers by key, each good for some seconds. Two who ask at the same moment may both make one.

    >>> kept, numbers = Kept[int](60.0), iter(range(9))
    >>> [kept.get(key, lambda: next(numbers)) for key in "aab"]
    [0, 0, 1]
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._answers: dict[Hashable, tuple[float, T]] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer of a key, made anew where it is too old."""
        kept, now = self._answers.get(key), time.monotonic()
        if kept is not None and now < kept[0]:
            return kept[1]
        answer = make()
        if len(self._answers) >= MOST:
            self._answers.clear()
        self._answers[key] = (now + self._seconds, answer)
        return answer
