"""The governor on the live path: the real engine at a tiny size, whose chunks take the time that the test says."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from app.__main__ import main
from app.governing import BY_ITSELF, Governing
from app.governor import Offer
from app.journal.reader import JournalReader
from app.live import report_of
from app.look import GovernorChoice, Look, RecorderChoice, Setup
from app.replay import Changes, Replayer
from app.words import governor as words
from engine.host import Submit
from engine.params import ControlChunk, EngineChoice, Params, Pixels, Progress
from tests.app.stage import TINY, Stage, StageMaker
from tests.app.test_replay import tiny_host
from tests.fakes import Witness, WitnessedHost

WISH = EngineChoice("tiny", 128, 112)
SMALLER = EngineChoice("tiny", 112, 96)
GOVERNED = replace(TINY, governor=GovernorChoice(rate=8.0))
"""A chunk of four pictures may take half a second. Too small to become smaller."""
SIZED = replace(GOVERNED, engine=WISH)


class Paced:
    """The engine's time, which no machine can hurry. step_s: of one step at the first size."""

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self.now = 0.0
        self.witness = Witness()

    def __call__(self) -> float:
        return self.now

    def make_host(self, choice: EngineChoice, *, submit: Submit) -> PacedHost:
        return PacedHost(choice, self, submit)

    def on(self, stage: StageMaker, setup: Setup = GOVERNED) -> Stage:
        return stage(setup, self.witness, self.make_host, self)


class PacedHost(WitnessedHost):
    def __init__(self, choice: EngineChoice, paced: Paced, submit: Submit) -> None:
        super().__init__(choice, paced.witness, submit)
        self._paced = paced

    def wanted(self, params: Params) -> int:
        self._paced.now += 1.0  # time in which there is nothing to do
        return super().wanted(params)

    def step(self, chunk: ControlChunk, params: Params) -> Pixels:
        wish = self._paced.witness.begun[0]
        area = self._choice.width * self._choice.height / (wish.width * wish.height)
        self._paced.now += self._paced.step_s * params.steps * area
        return super().step(chunk, params)


def steps_painted(witness: Witness) -> list[int]:
    """Without those that follow one another."""
    return [steps for steps, _ in itertools.groupby(params.steps for _, params in list(witness.steps))]


def governed_sentences(live: Stage) -> list[str]:
    return [change.said for change in live.rig.status().governor.changes]


def test_steps_give_way_from_one_chunk_to_the_next_and_come_back(stage: StageMaker) -> None:
    paced = Paced(step_s=0.4)
    live = paced.on(stage)
    live.show.set_params(steps=4)
    live.until(lambda: steps_painted(paced.witness)[-1:] == [1] and len(steps_painted(paced.witness)) > 3)
    assert steps_painted(paced.witness)[-4:] == [4, 3, 2, 1]
    live.until(lambda: ("info", "1 step instead of 4, to hold 8 pictures a second.") in live.said)
    status = live.rig.status().governor
    assert (status.on, status.reduced) == (True, "1 step instead of 4")
    assert live.show.look.params.steps == 4, "the performer's setting stays what it is"
    live.show.set_params(steps=2)
    live.until(lambda: live.rig.status().governor.reduced == "1 step instead of 2")
    live.show.set_params(steps=4)

    painted = len(paced.witness.steps)
    paced.step_s = 0.01
    live.until(lambda: paced.witness.steps[-1][1].steps == 4)
    assert steps_painted(paced.witness)[-4:] == [1, 2, 3, 4]
    live.until(lambda: governed_sentences(live)[-1:] == [words.AS_ASKED])
    assert live.rig.status().governor.reduced == ""
    assert len(paced.witness.steps) > painted + 6, "not before there had been room for a while"
    assert paced.witness.loads == 1, "steps load nothing"
    assert not live.troubles()


def test_nothing_gives_way_while_the_engine_is_on_its_way_to_its_pace(
    stage: StageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming: list[Progress | None] = [Progress(0.25, "making the engine faster, 2 of 8")]
    monkeypatch.setattr(PacedHost, "preparing", property(lambda host: coming[-1]))
    paced = Paced(step_s=0.4)
    live = paced.on(stage)
    live.show.set_params(steps=4)
    live.until(lambda: len(paced.witness.steps) > 12)
    assert live.rig.status().preparing == coming[0]
    assert governed_sentences(live) == []
    coming.append(None)
    live.until(lambda: steps_painted(paced.witness)[-1:] == [1])
    assert live.rig.status().preparing is None


def test_switched_off_all_is_painted_as_asked_for_from_the_next_chunk_on(stage: StageMaker) -> None:
    paced = Paced(step_s=0.4)
    live = paced.on(stage)
    live.show.set_params(steps=3)
    live.until(lambda: live.rig.status().governor.reduced == "1 step instead of 3")
    live.show.set_setup(governor=GovernorChoice(on=False))
    live.until(lambda: paced.witness.steps[-1][1].steps == 3)
    live.until(lambda: ("info", words.OFF) in live.said)
    painted = len(paced.witness.steps)
    live.until(lambda: len(paced.witness.steps) > painted + 8)
    assert {params.steps for _, params in paced.witness.steps[painted:]} == {3}
    assert live.rig.status().governor.rate == 0


def test_what_is_tried_out_is_painted_as_the_outputs_would_get_it(stage: StageMaker) -> None:
    paced = Paced(step_s=0.4)
    live = paced.on(stage)
    live.show.set_params(steps=2)
    live.until(lambda: live.rig.status().governor.reduced != "")
    live.show.begin_audition()
    live.until(lambda: len(paced.witness.auditioned) > 2)
    assert {params.steps for _, params in paced.witness.auditioned} == {1}
    said = governed_sentences(live)
    paced.step_s = 0.001
    painted = len(paced.witness.steps)
    live.until(lambda: len(paced.witness.steps) > painted + 8)
    assert governed_sentences(live) == said, "while both are painted, nothing is known of either"


def test_a_governed_show_is_replayed_bit_for_bit(stage: StageMaker, tmp_path: Path) -> None:
    """Fewer steps, then a smaller size beside what plays; and what gave way is in the journal and the report."""
    paced = Paced(step_s=0.8)
    paced.witness.may_load.clear()
    recorder = RecorderChoice(on=True, path=str(tmp_path / "show.mp4"))
    live = paced.on(stage, replace(SIZED, recorder=recorder))
    live.show.set_params(steps=2)
    live.until(lambda: live.rig.status().outputs["recorder"].running)
    paced.witness.may_load.set()
    live.until(lambda: SMALLER in paced.witness.begun)
    live.until(lambda: live.program("engine").rgb.shape == (112, 128, 3) and paced.witness.loaded == [SMALLER])
    painted = len(paced.witness.steps)
    live.until(lambda: len(paced.witness.steps) > painted + 2)
    status, setup = live.rig.status(), live.show.setup
    assert status.governor.reduced == "1 step instead of 2, 112x96 instead of 128x112"
    assert setup.engine == WISH
    report = report_of(status, live.rig, live.show.look, setup, 1.0, ())
    assert report.governor == status.governor.changes
    assert [change.said for change in report.governor] == [
        "1 step instead of 2, to hold 8 pictures a second.",
        "1 step instead of 2, 112x96 instead of 128x112, to hold 8 pictures a second.",
        *[change.said for change in report.governor[2:]],
    ]
    live.rig.stop()

    with JournalReader(tmp_path / "show.vjournal") as journal:
        asked = {(chunk.sketch.look.params.steps, chunk.sketch.wished_steps) for chunk in journal.chunks}
        assert asked == {(2, 0), (1, 2)}
        streams = {(chunk.stream.choice, chunk.stream.wished) for chunk in journal.chunks}
        assert streams == {(WISH, None), (SMALLER, WISH)}
        replayer = Replayer(journal, Changes(), lambda sentence: None, True, tiny_host)
        pictures = list(replayer.paint())
        replayer.close()
    assert replayer.same == len(pictures)
    assert {picture.painted.shape for picture in pictures} == {(112, 128, 3), (96, 112, 3)}


def test_the_picture_is_not_held_to_gain_pace(stage: StageMaker) -> None:
    """A smaller model that does not fit beside the one that plays is left alone, once and for all."""
    paced = Paced(step_s=0.8)
    paced.witness.fits = lambda choice: False
    live = paced.on(stage, SIZED)
    live.until(lambda: any("is not held" in sentence for _, sentence in live.said))
    painted = len(paced.witness.steps)
    live.until(lambda: len(paced.witness.steps) > painted + 10)
    assert paced.witness.begun == [WISH, SMALLER]
    assert paced.witness.loads == 1
    assert not live.troubles(), "to the performer it is a warning: the show has never stopped"
    assert live.rig.status().governor.reduced == ""
    live.until(lambda: any("cannot be held here" in sentence for _, sentence in live.said))


class Bench:
    """A ``Governing`` whose chunks are told by hand."""

    def __init__(self, choice: GovernorChoice) -> None:
        self.now, self.source = 0.0, 30.0
        self.said: list[str] = []
        self.setup = Setup(engine=WISH, governor=choice)
        self.look = Look(Params(steps=4))
        self.governing = Governing(
            lambda: self.setup,
            lambda: self.source,
            lambda level, sentence: self.said.append(sentence),
            lambda choice: Offer(),
            lambda: self.now,
        )

    def chunk(self, seconds: float, busy: bool = False, idle: float = 0.0, trailing_s: float = 0.0) -> int:
        """Returns the steps that it was painted with. idle: seconds before it in which there was nothing to do."""
        self.now += idle
        steps = self.governing.applied(self.look).params.steps
        self.governing.begin()
        self.now += seconds
        self.governing.painted(4, self.look, self.governing.choice, busy, trailing_s)
        return steps


@given(st.lists(st.floats(0.001, 30.0), max_size=60))
def test_switched_off_it_never_changes_anything(chunks: list[float]) -> None:
    bench = Bench(GovernorChoice(on=False))
    for seconds in chunks:
        assert bench.chunk(seconds) == 4
        assert bench.governing.choice == WISH
    assert bench.said == []


@pytest.mark.parametrize("wait", ["busy", "slow source", "no source"])
def test_it_waits_while_nothing_can_be_known(wait: str) -> None:
    bench = Bench(GovernorChoice(rate=20.0))
    bench.chunk(0.1)
    bench.source = {"busy": 30.0, "slow source": 15.0, "no source": 0.0}[wait]
    for _ in range(30):
        assert bench.chunk(0.5, busy=wait == "busy") == 4
    bench.source = 30.0
    for _ in range(30):
        bench.chunk(0.5)
    assert bench.chunk(0.5) < 4


@pytest.mark.parametrize(("rate", "source", "held"), [(0.0, 30.0, BY_ITSELF), (0.0, 10.0, 10.0), (25.0, 30.0, 25.0)])
def test_it_holds_what_is_wished_for_and_never_more_than_comes_in(rate: float, source: float, held: float) -> None:
    bench = Bench(GovernorChoice(rate=rate))
    bench.source = source

    for _ in range(60):
        assert bench.chunk(4 / held) == 4
    assert bench.governing.status().rate == held
    for _ in range(60):
        bench.chunk(4 / held * 1.2)
    assert bench.chunk(0.1) < 4


@pytest.mark.parametrize("idle", [0.0, 0.01, 0.06])
def test_what_a_gpu_does_behind_a_chunks_back_is_part_of_what_it_takes(idle: float) -> None:
    """It paints for 0.15 s and remembers for 0.04 s, whatever of that the host has to wait for. At 0.15 s for four
    pictures there would be room for one more step and 16 of them a second, at 0.19 s there is none."""
    clean_s = 0.04
    waited_s = max(0.0, clean_s - idle)
    for counted in (True, False):
        bench = Bench(GovernorChoice(rate=16.0))
        while bench.governing.applied(bench.look).params.steps == 4:
            bench.chunk(0.5)
        for _ in range(90):
            bench.chunk(0.15 + waited_s, idle=idle, trailing_s=clean_s if counted else 0.0)
        climbed = bench.chunk(0.1) == 4
        assert climbed is (not counted and idle > 0.02), "cheaper than it is only where it is left out"


def test_another_engine_begins_with_all_that_is_asked_for() -> None:
    bench = Bench(GovernorChoice(rate=20.0))
    for _ in range(60):
        bench.chunk(1.0)
    assert bench.governing.choice == SMALLER
    assert not bench.governing.may_hold(SMALLER)
    bench.setup = replace(bench.setup, engine=replace(WISH, width=240, height=160))
    assert bench.governing.choice == bench.setup.engine
    assert bench.governing.may_hold(bench.setup.engine)
    assert bench.chunk(1.0) == 4


@pytest.mark.parametrize(
    ("asked", "choice"),
    [
        ([], GovernorChoice()),
        (["--governor", "off"], GovernorChoice(on=False)),
        (["--governor", "on", "--rate", "24"], GovernorChoice(rate=24.0)),
    ],
)
def test_the_command_line_says_whether_and_what(
    asked: list[str], choice: GovernorChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    wished: list[GovernorChoice] = []

    def note(look: Look, setup: Setup, *_: object) -> int:
        wished.append(setup.governor)
        return 0

    monkeypatch.setattr("app.live.run_headless", note)
    assert main(["live", "--headless", "--source", "testcard", *asked]) == 0
    assert wished == [choice]


def test_a_rate_that_no_engine_holds_is_refused_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "--headless", "--source", "testcard", "--rate", "0.5"]) == 2
    assert "the rate to hold is 0.5, expected 1 to 240" in capsys.readouterr().err
