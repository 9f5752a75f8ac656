"""How the starter model was made, from nothing to its weights: ``python -m training STAGE``."""
