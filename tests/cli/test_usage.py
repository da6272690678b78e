"""A command line that cannot be understood is refused in the reader's language, as everything else is."""

import pytest

from gridmgmt.cli.main import run

CASES = [
    (["resize"], "缺少参数 units。", "The argument units is missing."),
    (["resize", __file__], "缺少选项 --current。", "The option --current is missing."),
    (["resize", __file__, "--current", "c", "--low", "a"], "--low：须为整数", "--low: it must be a whole number"),
    (["divide", "--bad"], "没有选项 --bad。", "There is no option --bad."),
    (["divide", "--seeed", "1"], "相近的有 --seed、--streets。", "alike are --seed, --streets."),
    (["divide", __file__, "--effort", "x"], "不符合要求，提示：'x' is not one of", "--effort: 'x' is not one of"),
    (["divide", "/no/file"], "units：不符合要求，提示：path '/no/file'", "units: path '/no/file' does not exist."),
    (["divide", "--out"], "选项 --out 的写法有误", "The option --out is not written as it should be"),
    (
        ["rezise"],
        "命令写法有误，提示：No such command 'rezise'. Did you",
        "gridmgmt: No such command 'rezise'. Did you",
    ),
]


def said(words: list[str], language: str, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What is written on stderr of a command line that ends with status 2."""
    patch.setenv("GRIDMGMT_LANG", language)
    patch.setattr("sys.argv", ["gridmgmt", *words])
    with pytest.raises(SystemExit, match=r"^2$"):
        run()
    return capsys.readouterr().err


@pytest.mark.parametrize(("words", "chinese", "english"), CASES, ids=[" ".join(case[0][:1]) for case in CASES])
def test_what_is_wrong_is_said_in_both_languages(
    words: list[str],
    chinese: str,
    english: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for language, sentence, see in (("zh", chinese, "用法见"), ("en", english, "How it is written")):
        first, second = said(words, language, monkeypatch, capsys).splitlines()
        assert sentence in first
        assert first.endswith("[usage]")
        assert second.startswith(see)
        assert second.endswith("--help")


def test_a_group_alone_shows_its_help_and_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(["plan"], "zh", monkeypatch, capsys) == ""


def test_the_version_ends_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["gridmgmt", "--version"])
    with pytest.raises(SystemExit, match=r"^0$"):
        run()
    assert capsys.readouterr().out.startswith("gridmgmt ")
