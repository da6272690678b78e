"""10,000 submissions through a network that fails three times in ten: what is lost, what is there twice.

./run exec python benchmarks/field/loss.py [SUBMISSIONS] [SHARE]

The same parts as tests/ops/test_loss.py, which does it in the small: a durable database of its own, the application in
a process of its own, a proxy that loses requests and answers, cuts them and delays them.
"""

import sys
import time

from tests.ops.faults import FaultyProxy
from tests.ops.test_loss import counted, day_of_work, installation, require_all_there, send_all


def main(submissions: int = 10_000, share: float = 0.3) -> None:
    with installation() as there:
        work, before = day_of_work(submissions, seed=1), counted(there)
        start = time.perf_counter()
        with FaultyProxy(("127.0.0.1", there.port), share=share, seed=1).running() as proxy:
            outcome = send_all(proxy.address, work, there.headers)
        seconds = time.perf_counter() - start
        require_all_there(work, outcome, before, counted(there))
    faults = ", ".join(f"{name} {count:,}" for name, count in sorted(proxy.done.items()))
    print(
        f"| {submissions:,} submissions, {share:.0%} faults | {outcome.attempts:,} attempts | {seconds:.0f} s "
        f"| 0 lost, 0 twice, {len(outcome.refused)} refused | {faults} |"
    )


if __name__ == "__main__":
    main(*(int(word) if number == 0 else float(word) for number, word in enumerate(sys.argv[1:])))  # type: ignore[arg-type]
