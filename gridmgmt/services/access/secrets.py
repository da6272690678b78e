"""Random secrets and the hashes they are kept by.

A secret of 256 random bits cannot be guessed, so a plain SHA-256 protects it as well as argon2 would, a hundred
thousand times faster: trackers and map clients send theirs with every request. Passwords that people choose are another
matter (`gridmgmt.services.access.passwords`).
"""

import secrets
from hashlib import sha256

BYTES = 32


def new_secret() -> str:
    """256 random bits as 43 characters that are safe in an address."""
    return secrets.token_urlsafe(BYTES)


def hashed(secret: str) -> bytes:
    """What is kept of a secret.

    >>> hashed("a").hex()[:8]
    'ca978112'
    """
    return sha256(secret.encode()).digest()


def new_device_id() -> str:
    """An id for a device whose protocol carries nothing else: 80 random bits, easy to type.

    >>> len(new_device_id())
    20
    """
    return secrets.token_hex(10)
