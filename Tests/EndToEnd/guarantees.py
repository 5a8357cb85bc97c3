"""The guarantees of docs/design.md, each a function over what clients saw of a real process.

A validator raises Broken with its promise and the first facts that break it. It asks no server: every fact is recorded
by a client while the server lives, so that a server can't be its own witness.
"""

from collections import Counter
from dataclasses import dataclass, field

PROMISES = {
    "Durable": "a Record that was answered OK survives kill -9 and power loss",
    "Dense": "sequences are contiguous, but for those that a restored store names as skipped, and "
    "never reused, also across crash and restore",
    "ExactlyOnce": "an event id is stored once in its organization while it is kept, over "
    "retries, batches and restarts; two organizations may use the same id",
    "CompletePages": "paging through a query returns every event that matched when it began, "
    "exactly once",
    "CompleteFeed": "a subscriber gets every matching event after its start, once, in order, "
    "or an exact Gap",
    "Isolated": "no byte, count or timing field of one organization reaches another",
    "Bounded": "no client behaviour makes memory grow past the configured limits",
    "Retained": "nothing older than the policy is ever returned; nothing younger is ever "
    "removed; the disk shrinks within one sweep",
    "Detected": "a flipped bit or a torn write is found and located, never served",
}

EXAMPLES_MAX = 5


class Broken(AssertionError):
    """A guarantee that the facts contradict."""

    def __init__(self, name, why, examples=()):
        shown = "".join(f"\n  {example}" for example in list(examples)[:EXAMPLES_MAX])
        super().__init__(f"{name} is broken: {PROMISES[name]}.\n{why}{shown}")


@dataclass(frozen=True)
class Fact:
    """One event as a client knows it: from an answer, a page or a feed."""

    organization: str
    id: str
    sequence: int
    # What the caller said, as comparable bytes; None in an answer that was not told.
    content: bytes | None = None

    @property
    def key(self):
        return self.organization, self.id


@dataclass
class Feed:
    """All that one subscriber ever received, over every resume."""

    name: str
    # Exclusive: the first start it asked for.
    start: int
    # Facts in the order of arrival.
    received: list = field(default_factory=list)
    # (first, last) of each Gap it was told.
    gaps: list = field(default_factory=list)


def durable(answered, stored):
    """Every answered event is stored, where the answer said and with what was sent."""
    by_key = {fact.key: fact for fact in stored}
    lost = [fact for fact in answered if fact.key not in by_key]
    if lost:
        raise Broken("Durable", f"{len(lost)} of {len(answered)} answered events are gone:", lost)
    moved = [
        (fact, by_key[fact.key])
        for fact in answered
        if fact.sequence != by_key[fact.key].sequence
        or fact.content not in (None, by_key[fact.key].content)
    ]
    if moved:
        raise Broken("Durable", f"{len(moved)} events differ from what was answered:", moved)


def dense(stored, oldest, head, observations=(), skipped=()):
    """What is kept is oldest...head without a hole; no sequence ever named two events.

    `observations` are facts of any time and source, also from before a crash or of a store that was lost.
    `skipped` are (first, last) of each Gap that a restored store tells of, in order.
    """
    sequences = [fact.sequence for fact in stored]
    expected = []
    next_one = oldest
    for first, last in skipped:
        expected += range(next_one, first)
        next_one = last + 1
    expected += range(next_one, head + 1)
    if sequences != expected:
        holes = sorted(set(expected) - set(sequences))
        doubles = [one for one, count in Counter(sequences).items() if count > 1]
        raise Broken(
            "Dense",
            f"{len(sequences)} events for {oldest}...{head}; "
            f"missing {holes[:10]}, doubled {doubles[:10]}",
        )
    names = {fact.sequence: fact.key for fact in stored}
    reused = []
    for fact in observations:
        if names.setdefault(fact.sequence, fact.key) != fact.key:
            reused.append((fact, names[fact.sequence]))
    if reused:
        raise Broken("Dense", "one sequence named two events:", reused)


def exactly_once(stored, observations=()):
    """One place per id in its organization, in the log and in every answer ever given."""
    places = {}
    doubled = []
    for fact in [*stored, *observations]:
        if places.setdefault(fact.key, fact.sequence) != fact.sequence:
            doubled.append((fact, places[fact.key]))
    counts = Counter(fact.key for fact in stored)
    doubled += [key for key, count in counts.items() if count > 1]
    if doubled:
        raise Broken("ExactlyOnce", f"{len(doubled)} ids have two places:", doubled)


def complete_pages(paged, stored, head_at_begin, newest_first=False):
    """The pages together hold what was stored up to the head at their begin, once, in order."""
    sequences = [fact.sequence for fact in paged]
    if sequences != sorted(set(sequences), reverse=newest_first):
        raise Broken("CompletePages", "events repeat or are out of order")
    missing = {fact.sequence for fact in stored if fact.sequence <= head_at_begin}
    missing -= set(sequences)
    if missing:
        raise Broken("CompletePages", f"{len(missing)} events are missing:", sorted(missing))
    strangers = set(sequences) - {fact.sequence for fact in stored}
    if strangers:
        raise Broken("CompletePages", "events that are not stored:", sorted(strangers))


def complete_feed(feed, stored, end):
    """A feed holds what is stored in (start, end], once, in order; what it lacks is in its gaps."""
    sequences = [fact.sequence for fact in feed.received if fact.sequence <= end]
    if sequences != sorted(set(sequences)):
        wrong = [pair for pair in zip(sequences, sequences[1:]) if pair[0] >= pair[1]]
        raise Broken("CompleteFeed", f"{feed.name}: repeated or out of order:", wrong)

    def in_a_gap(sequence):
        return any(first <= sequence <= last for first, last in feed.gaps)

    due = {fact.sequence: fact for fact in stored if feed.start < fact.sequence <= end}
    arrived = set(sequences)
    missing = [one for one in due if one not in arrived and not in_a_gap(one)]
    if missing:
        raise Broken("CompleteFeed", f"{feed.name}: {len(missing)} events missing:", missing)
    wrong = [
        fact
        for fact in feed.received
        if fact.sequence <= end
        and (fact.sequence not in due or due[fact.sequence].content != fact.content)
    ]
    if wrong:
        raise Broken("CompleteFeed", f"{feed.name}: not what is stored:", wrong)


def isolated(organization, received, expected):
    """What one organization reads is its own, all of it, and no more.

    `received` and `expected` are facts; `expected` are those that its writers know.
    """
    strangers = [fact for fact in received if fact.organization != organization]
    if strangers:
        raise Broken("Isolated", f"{organization} received events of others:", strangers)
    if {fact.key for fact in received} != {fact.key for fact in expected}:
        raise Broken(
            "Isolated",
            f"{organization} has {len(expected)} events and reads {len(received)}",
        )


def bounded(what, mebibytes, mebibytes_max):
    """A process under a hostile load stays within a bound."""
    if mebibytes > mebibytes_max:
        raise Broken("Bounded", f"{what}: {mebibytes:.0f} MiB resident, {mebibytes_max} at most")


def retained(kept_sequences, recorded_at, now, age_seconds_max, removable_after_seconds):
    """Nothing past its age is returned, nothing younger than it is missing.

    `recorded_at` maps every sequence ever answered to its time; an event between the policy and
    `removable_after_seconds` may be there or not: expiry works by whole logs and sweeps.
    """
    removed_early = [
        one
        for one, time in recorded_at.items()
        if one not in kept_sequences and now - time < age_seconds_max
    ]
    if removed_early:
        raise Broken("Retained", "removed before their age:", sorted(removed_early))
    kept_late = [
        one
        for one in kept_sequences
        if one in recorded_at and now - recorded_at[one] > removable_after_seconds
    ]
    if kept_late:
        raise Broken("Retained", "still returned past their age:", sorted(kept_late))


def detected(damage, exit_code, output, file, offset_range):
    """A start over damage is refused with the file and a place near it."""
    if exit_code in (None, 0):
        raise Broken("Detected", f"{damage}: the server started over it")
    if file not in output:
        raise Broken("Detected", f"{damage}: the message does not name {file}:", [output])
    first, last = offset_range
    numbers = [int(word) for word in _numbers(output.replace(file, ""))]
    if not any(first <= number <= last for number in numbers):
        raise Broken(
            "Detected", f"{damage}: no offset of {first}...{last} in the message:", [output]
        )


def _numbers(text):
    word = ""
    for letter in text + " ":
        if letter.isdigit():
            word += letter
        elif word:
            yield word
            word = ""
