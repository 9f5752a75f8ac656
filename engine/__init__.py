"""The streaming VACE engine: no Qt, no devices of the app, no threads of its own."""

import os

# OpenMP's threads spin while they wait for each other, on cores that controls and window need; with one core busy
# elsewhere a chunk took two to seven times as long (docs/log.md). Read when torch is loaded, so it stands here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
