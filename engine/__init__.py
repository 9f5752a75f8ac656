"""The streaming VACE engine: no Qt, no devices of the app, no threads of its own."""

import os

# torch's threads (GNU OpenMP) spin for milliseconds while they wait for each other, on cores that controls and window
# need; with one core busy elsewhere a chunk took up to twenty times as long. A short spin is as fast where cores are
# idle and harmless where they are not (docs/log.md). Read when torch is loaded, so it stands here.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
