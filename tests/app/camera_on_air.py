"""Run in a process of its own with a stand-in device preloaded: a rig whose engine loads late feeds a virtual camera.

Prints a JSON object: written, repeated_while_loading, missed, seconds (from opening to closing), on (the switch at the
end), troubles, painted_after (pictures of the engine after the camera's last one).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from app.look import Look, Setup, SourceChoice, VirtualCameraChoice
from app.rig import Rig
from app.show import Show
from controls.control import ControlSetting
from engine.params import EngineChoice, Params
from tests.fakes import Witness

DEVICE, WIDTH, HEIGHT, RATE = "/dev/video97", 96, 64, 60.0


def main() -> None:
    app = QCoreApplication(sys.argv[:1])
    witness = Witness()
    witness.may_load.clear()
    setup = Setup(
        source=SourceChoice("testcard", width=96, height=64, rate=12),
        engine=EngineChoice("tiny", 48, 32),
        virtual_camera=VirtualCameraChoice(on=True, device=DEVICE, width=WIDTH, height=HEIGHT, rate=RATE),
    )
    show = Show(Look(Params(steps=1), controls=(ControlSetting("edge"),)), setup)
    rig = Rig(show, witness.make_host)
    troubles: list[str] = []
    rig.said.connect(lambda level, sentence: troubles.append(sentence) if level == "error" else None)

    def until(condition: Callable[[], bool]) -> None:
        patience = time.monotonic() + 200
        while not condition():
            app.processEvents()
            time.sleep(0.005)
            if time.monotonic() > patience:
                raise TimeoutError(str(rig.status()))

    rig.start()
    until(lambda: rig.status().outputs["virtual camera"].running)
    began = time.perf_counter()
    until(lambda: rig.status().outputs["virtual camera"].written >= 10)
    while_loading = rig.status().outputs["virtual camera"]
    witness.may_load.set()
    until(lambda: rig.status().frames_out >= 8)
    until(lambda: rig.status().outputs["virtual camera"].written >= 40 or bool(troubles))
    until(lambda: show.setup.virtual_camera.on != bool(troubles))
    painted = rig.status().frames_out
    until(lambda: rig.status().frames_out > painted)
    camera, seconds = rig.status().outputs["virtual camera"], time.perf_counter() - began
    on = show.setup.virtual_camera.on
    painted_after = rig.status().frames_out - painted
    rig.stop()
    last = rig.status().outputs["virtual camera"]
    print(
        json.dumps(
            {
                "written": last.written,
                "repeated_while_loading": while_loading.repeated,
                "missed": camera.missed,
                "seconds": seconds + (last.written - camera.written) / RATE,
                "on": on,
                "troubles": troubles,
                "painted_after": painted_after,
            }
        )
    )


if __name__ == "__main__":
    main()
