"""The journal of a recording: all that the engine was handed, so that ``replay`` can paint the show again."""
