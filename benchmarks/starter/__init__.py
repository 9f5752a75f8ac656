"""What the starter model shows on real clips that it was never trained on: ``python -m benchmarks.starter --help``."""
