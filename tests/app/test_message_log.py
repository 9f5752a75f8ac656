"""The log's messages: kept, counted, bounded, found."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.message_log import Message, MessageLog, passes, text_of
from app.status import Level

START = datetime(2026, 5, 4, 20, 15, 0)


def test_messages_are_kept_in_order_with_their_times() -> None:
    log = MessageLog()
    log.add("info", "One.", START)
    log.add("error", "Two.", START + timedelta(seconds=1))
    assert log.messages == (
        Message(START, "info", "One."),
        Message(START + timedelta(seconds=1), "error", "Two."),
    )


def test_the_same_again_is_counted_and_keeps_its_last_time() -> None:
    log = MessageLog()
    for second in range(50):
        log.add("warning", "Dropped.", START + timedelta(seconds=second))
    assert log.messages == (Message(START + timedelta(seconds=49), "warning", "Dropped.", 50),)
    log.add("error", "Dropped.", START)
    assert len(log.messages) == 2, "another level is another message"


def test_the_oldest_go_first() -> None:
    log = MessageLog(kept=10)
    for number in range(25):
        log.add("info", f"Number {number}.", START)
    assert [message.sentence for message in log.messages] == [f"Number {number}." for number in range(15, 25)]


@pytest.mark.parametrize(
    ("least", "words", "passing"),
    [
        ("info", "", True),
        ("warning", "", True),
        ("error", "", False),
        ("info", "CAMERA gone", True),
        ("info", "camera back", False),
    ],
)
def test_a_message_is_found_by_level_and_words(least: Level, words: str, passing: bool) -> None:
    message = Message(START, "warning", "The camera is gone.")
    assert passes(message, least, words) is passing


def test_as_text_each_has_date_time_level_and_count() -> None:
    messages = (Message(START, "info", "One."), Message(START, "error", "Two.", 3))
    assert text_of(messages) == ("2026-05-04 20:15:00  info     One.\n2026-05-04 20:15:00  error    Two. (x 3)\n")
    assert text_of(()) == ""
