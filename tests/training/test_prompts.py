from __future__ import annotations

import numpy as np

from engine.config import STARTER
from engine.text import words_of
from training.looks import LOOKS
from training.palettes import COLORS, GROUNDS, NEUTRALS, SYNONYMS
from training.prompts import LOOK_WORDS, OWN_HUES, vocabulary, wish


def test_every_word_that_is_asked_with_has_a_row() -> None:
    known = set(vocabulary())
    rng = np.random.default_rng(0)
    for _ in range(3000):
        asked = wish(rng)
        assert set(words_of(asked.prompt)) <= known, asked.prompt
        assert len(words_of(asked.prompt)) <= STARTER.dit.text_len


def test_the_vocabulary_fits_the_model_and_names_each_word_once() -> None:
    words = vocabulary()
    assert len(words) == len(set(words)) <= STARTER.vocabulary
    assert all(words_of(word) == [word] for word in words)
    assert {*COLORS, *SYNONYMS, *NEUTRALS, *GROUNDS} <= set(words)


def test_looks_and_their_words_belong_together() -> None:
    assert tuple(LOOK_WORDS) == tuple(LOOKS) == tuple(OWN_HUES)
    assert all(synonyms[0] == name for name, synonyms in LOOK_WORDS.items())
    everything = [phrase for synonyms in LOOK_WORDS.values() for phrase in synonyms]
    assert len(everything) == len(set(everything))


def test_a_wish_says_what_it_asks_for() -> None:
    rng = np.random.default_rng(1)
    for _ in range(500):
        asked = wish(rng)
        if asked.look is not None:
            assert any(phrase in asked.prompt for phrase in LOOK_WORDS[asked.look])
        if asked.color is not None:
            assert asked.color in words_of(asked.prompt)
        if asked.ground is not None:
            assert asked.ground in words_of(asked.prompt)
        assert asked.palette().shape == (5, 3)
    assert {wish(rng).look for _ in range(300)} >= set(LOOKS)
    assert wish(rng, "ink", color=False).color is None


def test_the_same_generator_gives_the_same_wishes() -> None:
    one, other = np.random.default_rng(5), np.random.default_rng(5)
    assert [wish(one) for _ in range(20)] == [wish(other) for _ in range(20)]
