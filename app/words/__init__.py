"""The English sentences that the show itself says, in one place: of its inputs, outputs, engine and journal.

Those of the window stand beside it, in ``app.window.words`` and its neighbours. Constants, and functions where a name
or a number goes in. A sentence says what happened, what it means for the show, and what to do. Knows no Qt.
"""
