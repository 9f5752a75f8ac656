"""The English sentences and titles of the program, in one place: what its commands, its show and its window say.

The window's stand in ``window`` and the modules whose names begin so. Constants, and functions where a name or a number
goes in. A sentence says what happened, what it means for the show, and what to do; a title or a tip is short and plain,
for a performer in the dark: what a thing does, not how. What the libraries below say stands in ``engine.words`` and
``controls.words``. Knows no Qt.

Keys of tables, and the second of a pair where its type is not ``str``, are the program's own and never shown:
docs/translating.md.
"""
