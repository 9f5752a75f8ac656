"""``passthrough``: the picture itself as the guide, for what it shows in all its tones and colours."""

from __future__ import annotations

from controls.control import Pixels, Values
from controls.picture import resized


class Passthrough:
    """Remembers nothing."""

    def reset(self) -> None:
        pass

    def guide(self, picture: Pixels, width: int, height: int, time: float, values: Values) -> Pixels:
        """May be ``picture`` itself."""
        return resized(picture, width, height)
