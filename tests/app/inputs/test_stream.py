"""Clips from the network: a real server and a real sender on this machine's loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import av
import pytest

from app.errors import SourceError
from app.inputs import open_source, video
from app.inputs.clip import ClipSource
from app.look import SourceChoice
from tests.app.inputs.clips import number_of, numbered, read_to_end, write_clip
from tests.app.inputs.fake_time import FakeTime


class Server:
    """Serves ``data`` at every address; after ``stall_after`` bytes it waits for ``go_on``."""

    def __init__(self, data: bytes, stall_after: int | None = None, tells_length: bool = True) -> None:
        self.go_on = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                if tells_length:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                cut = len(data) if stall_after is None else stall_after
                try:
                    self.wfile.write(data[:cut])
                    self.wfile.flush()
                    if cut < len(data):
                        outer.go_on.wait(30)
                        self.wfile.write(data[cut:])
                except OSError:
                    pass  # the reader has hung up

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/clip.ts"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.mark.parametrize("tells_length", [True, False])
def test_a_clip_from_a_web_server_plays_and_loops(tmp_path: Path, tells_length: bool) -> None:
    with Server(write_clip(tmp_path / "a.ts", 12).read_bytes(), tells_length=tells_length) as server:
        source = ClipSource(SourceChoice("clip", server.url), realtime=True, pace=FakeTime().pace())
        source.open()
        assert source.title.startswith(server.url)
        assert [number_of(source.read().rgb) for _ in range(24)] == list(range(12)) * 2
        source.close()


def test_a_silent_server_is_given_up_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "READ_TIMEOUT_S", 0.3)
    data = write_clip(tmp_path / "a.ts", 300).read_bytes()
    with Server(data, stall_after=len(data) * 3 // 4) as server:
        source = ClipSource(SourceChoice("clip", server.url), realtime=False)
        source.open()
        frames, end = read_to_end(source)
        assert len(frames) > 100
        assert isinstance(end, SourceError)
        assert "has sent nothing for 0.3 seconds" in str(end)
        source.close()


@contextmanager
def sender(port: int) -> Iterator[threading.Event]:
    """Sends numbered pictures by UDP until told to stop."""
    stop = threading.Event()

    def send() -> None:
        with av.open(f"udp://127.0.0.1:{port}?pkt_size=1316", "w", format="mpegts") as container:
            stream = container.add_stream("mpeg2video", rate=25, options={"g": "5", "bf": "0"})
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            number = 0
            while not stop.wait(0.01):
                frame = av.VideoFrame.from_ndarray(numbered(number % 64), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
                number += 1

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join()


def test_a_live_stream_is_shown_as_it_comes_and_its_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "READ_TIMEOUT_S", 0.5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with sender(port) as stop:
        source = open_source(SourceChoice("clip", f"udp://127.0.0.1:{port}"), realtime=True)
        assert isinstance(source, ClipSource)
        source.open()
        numbers = [number_of(source.read().rgb) for _ in range(30)]
        steps = [(after - before) % 64 for before, after in pairwise(numbers)]
        assert steps.count(1) > 20  # UDP may lose some
        stop.set()
        _, end = read_to_end(source)
        assert isinstance(end, SourceError)
        assert "has sent nothing for" in str(end)
        source.close()
