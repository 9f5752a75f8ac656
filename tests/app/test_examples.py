"""What a new look paints, the prompts to begin with, and the words that are promised: all of them were trained."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.__main__ import main
from app.examples import COLORS, DEFAULT_PROMPT, EXAMPLES, GROUNDS, LOOKS
from app.look import Look
from app.words.prompts import known_words
from engine.host import trained_steps
from engine.params import EngineChoice
from engine.text import words_of
from training import palettes, prompts

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
KNOWN = {*LOOKS, *COLORS, *GROUNDS}


def looks_of(prompt: str) -> set[str]:
    """The looks that a prompt asks for, by any of their words."""
    said = set(words_of(prompt))
    return {look for look, phrases in prompts.LOOK_WORDS.items() if any(said >= {*words_of(p)} for p in phrases)}


def test_a_new_look_paints_neon_over_edges_as_the_starter_was_trained() -> None:
    look = Look()
    assert look.params.prompt == DEFAULT_PROMPT == "neon teal lines on black"
    assert [(control.name, control.weight) for control in look.controls if control.on] == [("edge", 1.0)]
    assert look.params.steps == trained_steps(EngineChoice())
    assert look.params.control_strength == 1.0


def test_the_words_are_those_that_the_starter_was_trained_on() -> None:
    assert LOOKS == prompts.LOOKS
    assert {*COLORS} == {*palettes.COLORS, *palettes.SYNONYMS, *palettes.NEUTRALS} - {"gray"}, "gray is grey"
    assert tuple(palettes.GROUNDS) == GROUNDS
    assert {*prompts.vocabulary()} > KNOWN


def test_there_is_an_example_of_every_look_in_words_that_were_trained() -> None:
    assert [looks_of(example) for example in EXAMPLES] == [{look} for look in LOOKS]
    for example in EXAMPLES:
        assert {*words_of(example)} <= {*prompts.vocabulary()}, example


@given(st.integers(20, 200))
def test_known_words_are_all_told_in_the_room_there_is(width: int) -> None:
    told = known_words(width)
    assert max(len(line) for line in told.splitlines()) <= width
    assert {*words_of(told)} > KNOWN


@pytest.mark.parametrize("command", ["live", "render"])
def test_the_help_names_the_default_prompt_and_every_word(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    said = capsys.readouterr().out
    assert f'default "{DEFAULT_PROMPT}"' in " ".join(said.split())
    block = "\n".join(line.removeprefix("  ") for line in said.splitlines())
    assert known_words(76) in block


def test_the_readme_names_the_default_prompt_and_every_word() -> None:
    section = README.partition("## Prompts")[2].partition("\n## ")[0]
    assert f"`{DEFAULT_PROMPT}`" in section
    assert {*words_of(section)} > KNOWN
