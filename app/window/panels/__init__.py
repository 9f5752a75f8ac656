"""The panels of the window: one file for each part of the show that a performer sets."""
