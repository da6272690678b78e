"""People and access in the store: accounts, grants, sign-ins, secrets of programs, and the log of who did what."""

from gridmgmt.services.access import audit
from gridmgmt.services.access.credentials import (
    NewSecret,
    add_app_password,
    add_device,
    device_person,
    person_by_basic,
    person_by_secret,
    revoke_credential,
)
from gridmgmt.services.access.grants import end_stand_in, grant, grants_of, revoke_grant, stand_in
from gridmgmt.services.access.passwords import change_password, random_password, set_password
from gridmgmt.services.access.people import (
    add_person,
    all_people,
    disable_person,
    enable_person,
    find_person,
    person_by_id,
)
from gridmgmt.services.access.register import grant_facts, register, unlock
from gridmgmt.services.access.sessions import (
    WebSession,
    begin_web_session,
    end_web_session,
    person_by_web_session,
    revoke_sign_ins,
)
from gridmgmt.services.access.signing import (
    Tokens,
    check_password,
    issue_tokens,
    person_by_access_token,
    refresh,
    sign_in,
    sign_out,
)

__all__ = [
    "NewSecret",
    "Tokens",
    "WebSession",
    "add_app_password",
    "add_device",
    "add_person",
    "all_people",
    "audit",
    "begin_web_session",
    "change_password",
    "check_password",
    "device_person",
    "disable_person",
    "enable_person",
    "end_stand_in",
    "end_web_session",
    "find_person",
    "grant",
    "grant_facts",
    "grants_of",
    "issue_tokens",
    "person_by_access_token",
    "person_by_basic",
    "person_by_id",
    "person_by_secret",
    "person_by_web_session",
    "random_password",
    "refresh",
    "register",
    "revoke_credential",
    "revoke_grant",
    "revoke_sign_ins",
    "set_password",
    "sign_in",
    "sign_out",
    "stand_in",
    "unlock",
]
