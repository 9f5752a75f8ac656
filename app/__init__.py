"""VACE Live's desktop side: everything that touches Qt or a device."""

import contextlib
import os
from pathlib import Path

__version__ = "0.1.0"

# WORKAROUND: OpenCV's Linux wheels hold a Qt 5 of their own and point Qt's variables at it when imported, so that the
# PySide6 window would load the wrong plugins and fail (https://github.com/opencv/opencv-python/issues/386).
with contextlib.suppress(ImportError):  # a broken wheel is for the doctor to tell
    import cv2

    for _name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if os.environ.get(_name, "").startswith(str(Path(cv2.__file__).parent)):
            del os.environ[_name]
