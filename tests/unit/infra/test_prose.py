"""The prose check reads every text, and reports it with its original line number."""

import os
from pathlib import Path

import pytest

from infra import prose
from infra.prose import as_lines, of_makefile, of_page, of_python, of_script, of_template


def test_python_sentences_keep_their_line_numbers() -> None:
    source = '"""What this is for."""\n\nNAME = "one"\nprint(f"There are {NAME} of "\n      "these here.")\n'
    assert as_lines(of_python(source)) == "What this is for.\n\n\nThere are … of these here.\n"


def test_a_part_of_an_f_string_is_not_repeated() -> None:
    assert [text for _, text in of_python('f"a long sentence {x:>10} ends here"')] == ["a long sentence … ends here"]


def test_help_messages_and_comments_in_the_makefile_are_read() -> None:
    source = 'run: setup ## Start the stack\n\t@echo "Installing it once"\n# Why it is so.\nA := 1 # 2\n'
    assert list(of_makefile(source)) == [(1, "Start the stack"), (2, "Installing it once"), (3, "Why it is so.")]


def test_descriptions_in_a_template_are_read() -> None:
    assert list(of_template("A:\n  Description: What it is\n  Value: of this one\n")) == [(2, "What it is")]


def test_comments_in_yaml_and_toml_are_read() -> None:
    source = "# Above a key\nkey: value # beside it\naddress: 'http://example.org/#part'\n"
    assert list(of_template(source)) == [(1, "Above a key"), (2, "beside it")]


def test_comments_and_test_names_in_python_are_read() -> None:
    source = "# Above it.\ndef test_a_name_with_words() -> None:\n    pass  # noqa: E1 - a reason\n\ndef other(): ...\n"
    texts = sorted(of_python(source))
    assert texts == [(1, "Above it."), (2, "a name with words"), (3, "noqa: E1 - a reason")]


def test_comments_and_strings_in_javascript_are_read() -> None:
    source = (
        "/**\n * Draws it,\n * twice over.\n */\n"
        'const TEXT = "It was not found."; // only in words\n'
        "const more = `There are ${count} of\n  them.`;\n"
    )
    assert as_lines(of_script(source)).splitlines() == [
        "",
        "Draws it,",
        "twice over.",
        "",
        "It was not found. only in words",
        "There are … of",
        "them.",
    ]


def test_comments_in_css_are_read() -> None:
    assert list(of_script("a { color: red; /* red as a rose */ }\n")) == [(1, " red as a rose ")]


def test_texts_in_a_page_are_read() -> None:
    source = '<p title="Above the text">Shown\n  to users</p>\n<input type="text" placeholder="Your name">\n'
    assert as_lines(of_page(source)).splitlines() == ["Above the text Shown", "to users", "Your name"]


def test_only_the_texts_of_changed_sources_are_written_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    monkeypatch.setattr(prose, "_TEXTS", tmp_path / "texts")
    monkeypatch.setattr(prose, "_sources", lambda: iter(tmp_path.glob("*.py")))
    for name in ("changed", "same", "gone"):
        (tmp_path / f"{name}.py").write_text("# One text.\n")
        os.utime(tmp_path / f"{name}.py", (0, 0))
    assert len(prose.write_texts()) == 3
    changed, same, gone = (tmp_path / "texts" / f"{name}.py.txt" for name in ("changed", "same", "gone"))
    same.write_text("Written before.\n")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "changed.py").write_text("# Another text.\n")
    os.utime(changed, (0, 0))
    assert prose.write_texts() == [changed, same]
    assert changed.read_text() == "Another text.\n"
    assert same.read_text() == "Written before.\n"
    assert not gone.exists()
