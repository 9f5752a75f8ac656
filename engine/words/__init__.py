"""What the engine says to people, in English, in one place: constants, and functions where a name or a number goes in.

A sentence says what happened, what it means for the show, and what to do. Names of products, files, networks and keys
are no words of a language and stand where they belong. Keys of tables are the program's own and are never shown. Knows
no network, and nothing else of the engine.
"""
