from __future__ import annotations

import numpy as np
import pytest

from controls.people import Body, People, Person, Points, distinct

JOINTS = 18
SHAPE = np.random.default_rng(0).uniform(0, 1, (JOINTS, 2)) * (0.2, 0.5)
SURE = np.ones(JOINTS)
STEP_S = 0.04


def body(x: float, y: float = 0.2, confidence: float = 1.0) -> Body:
    """A person of about half the picture's height, standing at ``x``, ``y``."""
    return Body(SHAPE + np.array([x, y]), SURE * confidence)


def shaky(x: float, number: int) -> Body:
    return Body(SHAPE + np.array([x, 0.2]) + np.random.default_rng(number).normal(0, 0.004, SHAPE.shape), SURE)


def follow(
    people: People, bodies: list[Body], number: int, smoothing: float = 0.5, threshold: float = 0.5
) -> list[Points]:
    """The joints to draw, NaN where one is out of sight."""
    found = people.update(bodies, number * STEP_S, threshold, smoothing)
    assert all(set(person.opacity) <= {0, 1} for person in found)  # without fading
    return [np.where(person.opacity[:, None] > 0, person.points, np.nan) for person in found]


def fade(people: People, bodies: list[Body], number: int, fade_s: float = 0.2) -> list[Person]:
    return people.update(bodies, number * STEP_S, 0.5, 0.5, fade_s)


def jitter(points: list[Points]) -> float:
    """Root mean square distance of joints from where they are on average, in picture heights."""
    stack = np.stack(points)
    return float(np.sqrt(((stack - stack.mean(axis=0)) ** 2).sum(axis=-1).mean()))


def test_a_person_at_rest_is_calm_and_one_in_motion_is_not_late() -> None:
    people, raw = People(), People()
    calm = [follow(people, [shaky(0.3, n)], n)[0] for n in range(40)]
    found = [follow(raw, [shaky(0.3, n)], n, smoothing=0)[0] for n in range(40)]
    assert jitter(calm[10:]) < 0.5 * jitter(found[10:])
    speed = 0.5 * body(0).size  # half a body a second
    late = [
        speed * n * STEP_S - (follow(people, [body(0.3 + speed * n * STEP_S)], 40 + n)[0] - SHAPE)[0, 0]
        for n in range(30)
    ]
    assert np.mean(late[10:]) + 0.3 < 0.04 * body(0).size


@pytest.mark.parametrize("smoothing", [0.0, 0.5, 1.0])
def test_more_smoothing_is_calmer_and_none_is_what_was_found(smoothing: float) -> None:
    people = People()
    drawn = [follow(people, [shaky(0.3, n)], n, smoothing)[0] for n in range(30)]
    found = [shaky(0.3, n).points for n in range(30)]
    if smoothing == 0:
        np.testing.assert_allclose(drawn, found)
    else:
        assert jitter(drawn[5:]) < (1.1 - 0.6 * smoothing) * jitter(found[5:])


def test_people_are_known_again_in_whatever_order_they_are_found() -> None:
    """Two who change places in the list keep their own joints: nobody is drawn between them."""
    people = People()
    random = np.random.default_rng(1)
    for number in range(20):
        bodies = [shaky(0.2, number), shaky(1.2, 100 + number)]
        random.shuffle(bodies)
        drawn = follow(people, bodies, number)
        places = sorted(float((points - SHAPE)[:, 0].mean()) for points in drawn)
        np.testing.assert_allclose(places, [0.2, 1.2], atol=0.01)


def test_somebody_else_is_not_drawn_on_the_way_from_the_last_one() -> None:
    people = People()
    for number in range(10):
        follow(people, [body(0.1)], number)
    for number in range(10, 20):
        (points,) = follow(people, [body(1.3)], number)
        np.testing.assert_allclose(points, body(1.3).points)


def test_a_joint_that_jumps_is_there_at_once() -> None:
    people = People()
    for number in range(10):
        follow(people, [body(0.3)], number)
    mended = body(0.3)
    mended.points[4] += 0.6
    np.testing.assert_allclose(follow(people, [mended], 10)[0][4], mended.points[4])


def test_who_is_missed_for_a_moment_stays_and_then_goes() -> None:
    people = People()
    follow(people, [body(0.3)], 0)
    gone = [len(people.update([], 0.05 * n, 0.5, 0.5)) for n in range(1, 10)]
    assert gone == [1] * 5 + [0] * 4


@pytest.mark.parametrize("rate", [60.0, 30.0, 30 / 4, 30 / 8, 1.0])
def test_however_rarely_they_are_looked_for_they_stay_who_they_are(rate: float) -> None:
    """Through one look in which somebody is missed; and they are calmer than they were found."""
    people, places = People(), []
    for number in range(30):
        bodies = [shaky(0.2, number), shaky(1.2, 100 + number)]
        shown = people.update(bodies[:1] if number == 20 else bodies, 100 + number / rate, 0.5, 1.0)
        assert [person.number for person in shown] == [0, 1]
        assert [person.found for person in shown] == [True, number != 20]
        places.append(shown[0].points)
    assert jitter(places[10:]) < 0.7 * jitter([shaky(0.2, number).points for number in range(10, 30)])


@pytest.mark.parametrize("rate", [30.0, 30 / 8])
def test_who_goes_is_gone_after_a_few_looks(rate: float) -> None:
    people = People()
    for number in range(12):
        people.update([body(0.3), body(1.2)], number / rate, 0.5, 0.5)
    left = [len(people.update([body(0.3)], (12 + number) / rate, 0.5, 0.5)) for number in range(12)]
    assert left == sorted(left, reverse=True)
    assert left.index(1) / rate <= max(0.3, 3 / rate)


def test_after_a_pause_nobody_is_held() -> None:
    """One long wait among short ones is not how rarely people are looked for."""
    people = People()
    for number in range(12):
        people.update([body(0.3)], number / 30, 0.5, 0.5)
    assert people.update([], 5.0, 0.5, 0.5) == []


def test_one_person_found_twice_is_one() -> None:
    twice = [body(0.3, confidence=0.7), body(0.31, confidence=0.9), body(0.9)]
    assert [float(b.confidence[0]) for b in distinct(twice)] == [1.0, 0.9]


def test_who_comes_to_others_must_be_found_more_than_once() -> None:
    """A flash of a false person beside a real one is not drawn; two who are there from the start are, at once."""
    people = People()
    assert len(follow(people, [body(0.1), body(1.2)], 0)) == 2
    people.reset()
    follow(people, [body(0.1)], 1)
    for number, expected in zip(range(2, 6), [[0.1], [0.1], [0.1, 1.2], [0.1, 1.2]], strict=True):
        drawn = follow(people, [body(1.2), body(0.1)], number)  # the new one is found first
        np.testing.assert_allclose(sorted((points - SHAPE)[0, 0] for points in drawn), expected)


def test_of_eight_the_four_surest_are_followed_and_stay_who_they_are() -> None:
    """Also when others become surer than they, and when they are found in another order."""
    people, random = People(), np.random.default_rng(3)
    sureness = np.array([0.9, 0.6, 0.95, 0.7, 0.85, 0.65, 0.8, 0.75])
    places = []
    for number in range(12):
        bodies = [body(0.5 * who, confidence=sure) for who, sure in enumerate(sureness)]
        random.shuffle(bodies)
        found = people.update(distinct(bodies), number * STEP_S, 0.5, 0.5)
        places.append({person.number: round(float((person.points - SHAPE)[0, 0]) / 0.5) for person in found})
        sureness = random.permutation(sureness)
    assert sorted(places[0].values()) == [0, 2, 4, 6]
    assert places == places[:1] * 12


def test_who_is_left_out_of_a_crowd_comes_when_another_goes() -> None:
    people = People()
    drawn: list[int] = []
    for number in range(20):
        crowd = [body(0.5 * who) for who in range(5) if who or number < 5]
        drawn.append(len(follow(people, crowd, number)))
        assert drawn[-1] <= 4
    (held, *_), last = drawn[5:], follow(people, [body(0.5 * who) for who in range(1, 5)], 20)
    assert held == 4
    np.testing.assert_allclose(sorted((points - SHAPE)[0, 0] for points in last), [0.5, 1.0, 1.5, 2.0], atol=1e-9)


def test_a_joint_that_wanders_slowly_at_rest_is_held_and_one_that_goes_off_is_not() -> None:
    """A network's idea of a still figure drifts too slowly for a low-pass."""
    people = People()
    size = body(0).size
    wander = [0.003 * size * np.sin(2 * np.pi * n * STEP_S / 2) for n in range(100)]
    held = [follow(people, [body(0.3 + x)], n)[0][:, 0] - SHAPE[:, 0] for n, x in enumerate(wander)]
    assert np.ptp(held[50:]) < 0.5 * np.ptp(wander)
    gone = [follow(people, [body(0.3 + 0.05 * size)], 100 + n)[0][0, 0] - SHAPE[0, 0] for n in range(25)]
    assert 0.3 + 0.05 * size - gone[-1] < 0.005 * size


def test_a_quick_gesture_is_not_late() -> None:
    """A wrist that goes two fifths of a body in two fifths of a second: never a thirtieth of a body behind."""
    people = People()
    behind = []
    for number in range(50):
        share = min(1.0, max(0.0, number * STEP_S - 1.0) / 0.4)
        moved = body(0.3)
        moved.points[4, 0] += 0.4 * moved.size * (10 * share**3 - 15 * share**4 + 6 * share**5)
        (points,) = follow(people, [moved], number)
        behind.append((moved.points[4, 0] - points[4, 0]) / moved.size)
    assert max(behind) < 0.025
    assert sum(behind) * STEP_S / 0.4 < 0.020  # seconds, on average


def test_a_joint_near_the_threshold_does_not_blink() -> None:
    people = People()
    shown = []
    for number, confidence in enumerate([0.45, 0.55, 0.45, 0.52, 0.4, 0.3, 0.45]):
        unsure = SURE.copy()
        unsure[4] = confidence
        shown.append(bool(np.isfinite(follow(people, [Body(body(0.3).points, unsure)], number)[0][4]).all()))
    assert shown == [False, True, True, True, True, False, False]


def test_somebody_of_whom_nothing_is_in_sight_is_not_drawn() -> None:
    few = np.zeros(JOINTS)
    few[:3] = 1
    assert follow(People(), [Body(body(0.3).points, few)], 0) == []
    few[3] = 1
    assert len(follow(People(), [Body(body(0.3).points, few)], 0)) == 1


@pytest.mark.parametrize("time", [0.4, 0.2, -5.0])
def test_when_time_stands_still_or_goes_back_everybody_is_forgotten(time: float) -> None:
    people = People()
    for number in range(11):
        follow(people, [body(0.3)], number)
    drawn = people.update([body(0.35)], time, 0.5, 1.0)
    np.testing.assert_array_equal(drawn[0].points, body(0.35).points)


def test_all_joints_in_one_place_are_no_trouble() -> None:
    people = People()
    point = Body(np.full((JOINTS, 2), 0.5), SURE)
    for number in range(3):
        drawn = follow(people, distinct([point, point]), number)
    assert len(drawn) == 1
    assert np.isfinite(drawn[0]).all()


def test_a_person_keeps_a_number_that_nobody_else_ever_has() -> None:
    people = People()
    numbers = []
    for number, at in enumerate([(0.1, 1.2), (1.2, 0.1), (1.2, 0.1)]):
        found = people.update([body(x) for x in at], number * STEP_S, 0.5, 0.5)
        numbers.append({round(float(person.points[0, 0] - SHAPE[0, 0]), 1): person.number for person in found})
        assert all(person.found for person in found)
    assert numbers[0] == numbers[1] == numbers[2]
    held = people.update([body(0.1)], 3 * STEP_S, 0.5, 0.5)
    assert {person.number: person.found for person in held} == {numbers[0][0.1]: True, numbers[0][1.2]: False}
    (somebody,) = people.update([body(0.1)], 0.0, 0.5, 0.5)  # time went back
    assert somebody.number not in numbers[0].values()


def test_with_fading_a_joint_that_is_unsure_comes_and_goes_by_and_by() -> None:
    people = People()
    sure, gone = body(0.3), Body(body(0.3).points, SURE.copy())
    gone.confidence[4] = 0.1
    assert fade(people, [sure], 0)[0].opacity[4] == 1  # who is there from the start is there
    going = [float(fade(people, [gone], number)[0].opacity[4]) for number in range(1, 7)]
    np.testing.assert_allclose(going, [0.8, 0.6, 0.4, 0.2, 0, 0], atol=1e-9)
    coming = [float(fade(people, [sure], number)[0].opacity[4]) for number in range(7, 13)]
    np.testing.assert_allclose(coming, [0.2, 0.4, 0.6, 0.8, 1, 1], atol=1e-9)
    others = np.delete(fade(people, [gone], 13)[0].opacity, 4)
    assert (others == 1).all()


def test_with_fading_a_joint_at_the_threshold_is_steady() -> None:
    """Its confidence goes up and down there: without fading it would be there or not, here it is faint."""
    people = People()
    shown = []
    for number in range(40):
        unsure = Body(body(0.3).points, SURE.copy())
        unsure.confidence[4] = 0.43 + 0.04 * (-1) ** number
        shown.append(float(fade(people, [unsure], number)[0].opacity[4]))
    assert 0.2 < min(shown[10:]) < max(shown[10:]) < 0.9
    assert np.abs(np.diff(shown)).max() <= STEP_S / 0.2 + 1e-9


def test_with_fading_people_come_and_go_too() -> None:
    people = People()
    fade(people, [body(0.1)], 0)
    seen = [fade(people, [body(0.1), body(1.2)], number) for number in range(1, 12)]
    assert [len(found) for found in seen] == [1] * 2 + [2] * 9  # in their third picture
    assert [round(float(found[1].opacity.max()), 1) for found in seen[2:]] == [0.2, 0.4, 0.6, 0.8] + [1] * 5
    left = [fade(people, [body(0.1)], number) for number in range(12, 30)]
    opacity = [max((float(person.opacity.max()) for person in found[1:]), default=0.0) for found in left]
    assert opacity == sorted(opacity, reverse=True)
    assert (opacity[4], opacity[-1]) == (1, 0)
    assert sum(0 < value < 1 for value in opacity) >= 3
