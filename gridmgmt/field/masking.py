"""Names and numbers as they are shown to those who do not handle the matter."""

import re

_MOBILE = re.compile(r"(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)")


def mask_name(name: str) -> str:
    """The first character and a star.

    >>> mask_name("王小明"), mask_name("")
    ('王*', '')
    """
    return f"{name.strip()[:1]}*" if name.strip() else ""


def mask_phone(phone: str) -> str:
    """A mobile number with its middle hidden; of anything else the last two digits.

    >>> mask_phone("138 0013 1234"), mask_phone("0755-25666666"), mask_phone("")
    ('138****1234', '****66', '')
    """
    digits = re.sub(r"\D", "", phone)
    if not digits:
        return ""
    return _MOBILE.sub(r"\1****\2", digits) if _MOBILE.fullmatch(digits) else f"****{digits[-2:]}"


def mask_text(text: str) -> str:
    """Free text with the mobile and identity numbers in it hidden.

    >>> mask_text("联系13800131234,身份证440303199001011234")
    '联系138****1234,身份证440303********1234'
    """
    return _IDENTITY.sub(r"\1********\2", _MOBILE.sub(r"\1****\2", text))
