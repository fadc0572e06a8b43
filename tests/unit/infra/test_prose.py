"""The texts that the prose check reads: those of users, each on its line."""

from infra.prose import as_lines, of_makefile, of_python, of_template


def test_sentences_of_python_keep_their_lines() -> None:
    source = '"""What this is for."""\n\nNAME = "one"\nprint(f"There are {NAME} of "\n      "these here.")\n'
    assert as_lines(of_python(source)) == "What this is for.\n\n\nThere are … of these here.\n"


def test_a_part_of_an_f_string_is_not_repeated() -> None:
    assert [text for _, text in of_python('f"a long sentence {x:>10} ends here"')] == ["a long sentence … ends here"]


def test_help_and_messages_of_the_makefile() -> None:
    source = 'run: setup ## Start the stack\n\t@echo "Installing it once"\n# a comment ## of none\n'
    assert list(of_makefile(source)) == [(1, "Start the stack"), (2, "Installing it once")]


def test_descriptions_of_a_template() -> None:
    assert list(of_template("A:\n  Description: What it is\n  Value: of this one\n")) == [(2, "What it is")]
