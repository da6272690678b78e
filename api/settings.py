"""What the web application can be told. Read once, at the edge; nothing here is read at import."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """One frozen value that `create_app` is given.

    >>> WebSettings.from_environment({"GRIDMGMT_MAPS": "/srv/maps"}).maps_folder
    PosixPath('/srv/maps')
    """

    database_url: str | None = None  # None: DATABASE_URL, read when the application starts
    maps_folder: Path = Path("out/maps")  # where `gridmgmt map all` wrote its pages
    max_body_bytes: int = 20 * MIB
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")  # a foreign name resolving to us is refused
    poll_seconds: int = 10  # how often the start page asks for fresh figures
    map_source: str | None = None  # None: the line of the message catalogue
    map_approval: str | None = None  # 审图号
    secure_cookies: bool = False  # True where a proxy in front of us speaks TLS

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "WebSettings":
        """The settings that `gridmgmt serve` runs with."""
        return cls(
            database_url=environ.get("DATABASE_URL"),
            maps_folder=Path(environ.get("GRIDMGMT_MAPS", cls.maps_folder)),
            map_source=environ.get("GRIDMGMT_MAP_SOURCE"),
            map_approval=environ.get("GRIDMGMT_MAP_APPROVAL"),
            secure_cookies=environ.get("GRIDMGMT_SECURE_COOKIES", "") not in ("", "0"),
        )
