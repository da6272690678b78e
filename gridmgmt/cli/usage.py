"""What is wrong with a command line, in the reader's language.

typer says it in English only. Its kinds of fault are few, and each has a sentence of ours; of a kind without one its
own words are quoted.
"""

from typing import Any, cast

import typer

from gridmgmt.messages import Language, catalogue, text

USAGE_ERROR = cast("type[Exception]", typer.BadParameter.__base__)  # of all such faults; typer names it nowhere


def usage_text(error: Any, language: Language) -> str:
    """The fault; empty where typer has shown the help instead.

    >>> usage_text(typer.BadParameter("it is too late", param_hint="--at"), "en")
    '--at: it is too late'
    """
    said = error.format_message()
    match type(error).__name__:
        case "MissingParameter":
            return text(f"usage.missing_{error.param.param_type_name}", language, name=_name(error))
        case "NoSuchOption" if error.possibilities:
            return text("usage.like_option", language, name=error.option_name, like=sorted(error.possibilities))
        case "NoSuchOption":
            return text("usage.no_such_option", language, name=error.option_name)
        case "BadOptionUsage":
            return text("usage.bad_option", language, name=error.option_name, said=said)
        case "BadParameter":
            return text("usage.bad_value", language, name=_name(error), fault=_value_fault(error, language))
        case "NoArgsIsHelpError":
            return ""
    return text("usage.wrong", language, said=said)


def help_of(error: Any) -> str:
    """The command line that shows how it is written."""
    return f"{error.ctx.command_path if error.ctx else 'gridmgmt'} --help"


def _name(error: Any) -> str:
    """The option as it is typed, or the argument as the help calls it."""
    return str(error.param_hint or " / ".join(error.param.opts))


def _value_fault(error: Any, language: Language) -> str:
    """What is wrong with a value: as the API says it, where that has words for it."""
    said = error.message
    for fault in getattr(error.__cause__, "errors", list)():
        facts = fault.get("ctx", {})
        if (key := f"web.fault_{fault['type']}") in catalogue(language):
            return text(key, language, **facts)
        said = facts.get("error", said)
    return text("web.fault_unknown", language, said=said)
