"""Parity: the engine's own classes against numbers made with the published reference models.

``python -m tests.parity DIR`` runs every case of a golden directory. What is run is what the engine streams with; no
network is written down here a second time. Sections that are named are those of the golden set's own notes.
"""
