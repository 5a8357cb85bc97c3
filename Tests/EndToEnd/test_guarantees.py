"""The validators themselves: each accepts what keeps its promise and names what breaks it."""

import pytest
from guarantees import (
    Broken,
    Fact,
    Feed,
    bounded,
    complete_feed,
    complete_pages,
    dense,
    detected,
    durable,
    exactly_once,
    isolated,
    retained,
)

A, B, C = (Fact("o", name, place, name.encode()) for place, name in enumerate("abc", 1))
STORED = [A, B, C]


def test_what_is_kept_is_accepted():
    durable([A, B], STORED)
    dense(STORED, 1, 3, [A, B])
    dense([A, B, Fact("o", "z", 900)], 1, 900, [A, C], [(3, 899)])
    exactly_once(STORED, [A, Fact("other", "a", 9)])
    complete_pages([C, B, A], STORED, 3, newest_first=True)
    complete_pages([A, B], STORED, 2)
    complete_feed(Feed("f", 1, [C], [(2, 2)]), STORED, 3)
    isolated("o", STORED, STORED)
    bounded("idle", 100, 200)
    retained({2, 3}, {1: 0, 2: 90, 3: 99}, 100, 50, 60)
    detected("a flipped byte", 1, "x.log: bad frame at offset 120", "x.log", (100, 200))


@pytest.mark.parametrize(
    "name, check",
    [
        ("Durable", lambda: durable([C], [A, B])),
        ("Durable", lambda: durable([Fact("o", "a", 2)], STORED)),
        ("Durable", lambda: durable([Fact("o", "a", 1, b"x")], STORED)),
        ("Dense", lambda: dense([A, C], 1, 3)),
        ("Dense", lambda: dense([A, B, B, C], 1, 3)),
        ("Dense", lambda: dense(STORED, 1, 3, [Fact("o", "z", 2)])),
        ("Dense", lambda: dense([A, B, Fact("o", "z", 900)], 1, 900)),
        ("Dense", lambda: dense([A, B, Fact("o", "z", 900)], 1, 900, (), [(3, 898)])),
        ("Dense", lambda: dense(STORED, 1, 3, (), [(2, 2)])),
        ("ExactlyOnce", lambda: exactly_once([*STORED, Fact("o", "a", 4)])),
        ("ExactlyOnce", lambda: exactly_once(STORED, [Fact("o", "a", 4)])),
        ("CompletePages", lambda: complete_pages([A, C], STORED, 3)),
        ("CompletePages", lambda: complete_pages([A, B, B, C], STORED, 3)),
        ("CompletePages", lambda: complete_pages([A, B, C], STORED, 3, newest_first=True)),
        ("CompletePages", lambda: complete_pages([A, B, C], [A, B], 2)),
        ("CompleteFeed", lambda: complete_feed(Feed("f", 0, [A, C]), STORED, 3)),
        ("CompleteFeed", lambda: complete_feed(Feed("f", 0, [A, B, B, C]), STORED, 3)),
        ("CompleteFeed", lambda: complete_feed(Feed("f", 0, [A, C, B]), STORED, 3)),
        ("CompleteFeed", lambda: complete_feed(Feed("f", 1, [A, B, C]), STORED, 3)),
        (
            "CompleteFeed",
            lambda: complete_feed(Feed("f", 0, [Fact("o", "a", 1, b"x"), B, C]), STORED, 3),
        ),
        ("Isolated", lambda: isolated("p", STORED, STORED)),
        ("Isolated", lambda: isolated("o", [A], STORED)),
        ("Bounded", lambda: bounded("idle", 201, 200)),
        ("Retained", lambda: retained({3}, {2: 90, 3: 99}, 100, 50, 60)),
        ("Retained", lambda: retained({1, 2}, {1: 0, 2: 90}, 100, 50, 60)),
        ("Detected", lambda: detected("a flip", 0, "", "x.log", (0, 9))),
        ("Detected", lambda: detected("a flip", 1, "damaged", "x.log", (0, 9))),
        ("Detected", lambda: detected("a flip", 1, "x.log at 99", "x.log", (0, 9))),
    ],
)
def test_what_is_broken_is_named(name, check):
    with pytest.raises(Broken, match=f"^{name} is broken"):
        check()
