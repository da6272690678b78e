"""What a password must be. The words of the faults are in the catalogue, `access.fault_<name>`."""

from string import ascii_lowercase, ascii_uppercase, digits

LEAST_LENGTH = 10
MOST_LENGTH = 200  # argon2 takes any length; a request should not
LEAST_KINDS = 3  # of: small letters, capitals, digits, everything else


def password_faults(password: str, name: str) -> list[str]:
    """What is wrong with a password for the person `name`: short, long, plain, repeats, or holds the name.

    >>> password_faults("correct Horse 7", "ann"), password_faults("ann", "ann")
    ([], ['short', 'plain', 'repeats', 'name'])
    """
    wrong = {
        "short": len(password) < LEAST_LENGTH,
        "long": len(password) > MOST_LENGTH,
        "plain": kinds(password) < LEAST_KINDS,
        "repeats": len(set(password)) < LEAST_LENGTH // 2,
        "name": bool(name) and name.casefold() in password.casefold(),
    }
    return [fault for fault, found in wrong.items() if found]


def kinds(password: str) -> int:
    """How many kinds of characters it has: small letters, capitals, digits, everything else.

    >>> kinds("aB3网")
    4
    """
    alphabets = (ascii_lowercase, ascii_uppercase, digits)
    found = [any(character in alphabet for character in password) for alphabet in alphabets]
    return sum(found) + any(all(character not in alphabet for alphabet in alphabets) for character in password)
