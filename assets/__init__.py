"""What ships beside the code: the bundled clip, fonts, icons, the theme."""

from __future__ import annotations

from pathlib import Path

CLIP = Path(__file__).with_name("clip.mp4")
"""A dancing figure among moving shapes, rendered by ``assets/make_clip.py``: what plays where there is no camera."""
