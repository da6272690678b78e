"""What trackers send, as rows of one shape: each module knows one client's words, `rows` reads them all.

A row is a mapping with `time`, `lon`, `lat` and optionally `seq`, `segment`, `crs`, `accuracy_m`, `speed_mps`,
`heading_deg`, `altitude_m`, `mock`. What is no fix becomes a `Fault` with its raw content, never an exception: a client
that is refused for a fault in its data would send it for ever.
"""

from gridmgmt.io.protocols.message import Message
from gridmgmt.io.protocols.native import read_batch
from gridmgmt.io.protocols.osmand import read_osmand
from gridmgmt.io.protocols.overland import read_overland
from gridmgmt.io.protocols.owntracks import read_owntracks
from gridmgmt.io.protocols.rows import read_rows
from gridmgmt.io.protocols.traccar import read_traccar

__all__ = [
    "Message",
    "read_batch",
    "read_osmand",
    "read_overland",
    "read_owntracks",
    "read_rows",
    "read_traccar",
]
