"""Pages on disk."""

from pathlib import Path


def write_page(path: Path, text: str) -> int:
    """Write beside and rename, so that a reader never meets half a page; returns the size in bytes."""
    body = text.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(body)
    beside.replace(path)
    return len(body)
