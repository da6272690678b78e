"""What is wrong with a request that does not fit its declaration, in the reader's language.

The framework says it in English only; its kinds of fault are few, and each has a sentence of ours. Of a kind without
one the framework's words are quoted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gridmgmt.messages import LISTED, Language, catalogue, text

ALIKE = {
    "int_from_float": "int_parsing",
    "int_type": "int_parsing",
    "float_type": "float_parsing",
    "finite_number": "float_parsing",
    "bool_type": "bool_parsing",
    "enum": "literal_error",
    "model_type": "model_attributes_type",
    "dict_type": "model_attributes_type",
    "uuid_type": "uuid_parsing",
}


def faults_of(errors: Sequence[Mapping[str, Any]], language: Language) -> list[dict[str, str]]:
    """Where each fault is, its stable kind, and what is wrong in words."""
    return [
        {"where": ".".join(map(str, error["loc"])), "kind": error["type"], "message": _words(error, language)}
        for error in errors
    ]


def listed(faults: Sequence[Mapping[str, str]], language: Language) -> str:
    """The faults in one line, each place with what is wrong there."""
    return LISTED[language].join(text("web.fault", language, **fault) for fault in faults)


def _words(error: Mapping[str, Any], language: Language) -> str:
    key = f"web.fault_{ALIKE.get(error['type'], error['type'])}"
    if key not in catalogue(language):
        return text("web.fault_unknown", language, said=error["msg"])
    values = {name: value for name, value in (error.get("ctx") or {}).items() if name != "error"}
    return text(key, language, **values)
