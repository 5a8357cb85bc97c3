"""Query: filters, pages, order, tokens."""

import base64

import pytest
from auditrpc.v1 import audit_log_pb2 as log
from auditrpc.v1 import event_pb2, filter_pb2
from clients import Client, Filter, Status, actor, event, refusal, resource, target, timestamp
from clients import violations

pytestmark = pytest.mark.each_transport

NOON = 1_700_000_000
USER, TOKEN = event_pb2.ACTOR_TYPE_USER, event_pb2.ACTOR_TYPE_API_TOKEN

# The name of an event is its change; each differs from "plain" in what one filter looks at.
EVENTS = {
    "plain": {},
    "type": dict(event_type="CREATE"),
    "target type": dict(target=target("BUCKET", "service-1")),
    "target id": dict(target=target("SERVICE", "service-2", "Api")),
    "scope": dict(scope=[resource("PROJECT", "p1", "Shop"), resource("ENVIRONMENT", "e1")]),
    "other scope": dict(scope=[resource("PROJECT", "e1")]),
    "actor id": dict(actor=actor(USER, "user-2", "Grace")),
    "actor type": dict(actor=actor(TOKEN, "user-1")),
    "source": dict(source="GIT"),
    "outcome": dict(outcome=event_pb2.OUTCOME_FAILURE),
    "early": dict(occurred_at=timestamp(NOON - 1)),
    "late": dict(occurred_at=timestamp(NOON + 1)),
    "snapshot": dict(snapshot=b'{"Colour": "Turquoise"}'),
}

FILTERS = {
    "event type": (Filter(event_types=["CREATE"]), ["type"]),
    "values of a field are alternatives": (
        Filter(event_types=["CREATE", "UPDATE"]),
        list(EVENTS),
    ),
    "target type": (Filter(target_types=["BUCKET"]), ["target type"]),
    "target id": (Filter(target_ids=["service-2"]), ["target id"]),
    "scope of a type": (
        Filter(scopes=[filter_pb2.ScopeFilter(type="ENVIRONMENT", id="e1")]),
        ["scope"],
    ),
    "scope of any type": (
        Filter(scopes=[filter_pb2.ScopeFilter(id="e1")]),
        ["scope", "other scope"],
    ),
    "actor id": (Filter(actor_ids=["user-2"]), ["actor id"]),
    "actor type": (Filter(actor_types=[TOKEN]), ["actor type"]),
    "source": (Filter(sources=["GIT"]), ["source"]),
    "outcome": (Filter(outcomes=[event_pb2.OUTCOME_FAILURE]), ["outcome"]),
    "since is inclusive": (Filter(since=timestamp(NOON + 1)), ["late"]),
    "until is exclusive": (Filter(until=timestamp(NOON)), ["early"]),
    "since and until": (
        Filter(since=timestamp(NOON - 1), until=timestamp(NOON)),
        ["early"],
    ),
    "text in a change": (Filter(text="TARGET ID"), ["target id"]),
    "text in a snapshot": (Filter(text="turquoise"), ["snapshot"]),
    "text in a name": (Filter(text="grace"), ["actor id"]),
    "text in a scope": (Filter(text="shop"), ["scope"]),
    "fields narrow one another": (
        Filter(event_types=["UPDATE"], target_ids=["service-2"], sources=["CONSOLE"]),
        ["target id"],
    ),
    "case matters but for text": (Filter(event_types=["create"]), []),
    "nothing has it": (Filter(target_ids=["service-1"], actor_ids=["user-2", "x"], text="z"), []),
    "no filter": (None, list(EVENTS)),
}


@pytest.fixture(scope="module")
def filled(shared_server):
    with Client(shared_server.address, "org-filters") as client:
        client.record(
            *(
                event(change=name, **{"occurred_at": timestamp(NOON), **fields})
                for name, fields in EVENTS.items()
            )
        )
        yield client


@pytest.mark.parametrize("filter, expected", FILTERS.values(), ids=FILTERS.keys())
def test_filter(filled, filter, expected):
    assert [found.change for found in filled.events(filter)] == expected
    newest_first = filled.events(filter, order=log.ORDER_NEWEST_FIRST)
    assert [found.change for found in newest_first] == expected[::-1]


@pytest.fixture(scope="module")
def many(shared_server):
    with Client(shared_server.address, "org-many") as client:
        for start in range(0, 2500, 500):
            client.record(
                *(event(change=str(n), source=f"S{n % 3}") for n in range(start, start + 500))
            )
        yield client


@pytest.mark.parametrize("size", [1, 7, 999, 1000])
@pytest.mark.parametrize("order", [log.ORDER_NEWEST_FIRST, log.ORDER_OLDEST_FIRST])
def test_pages_hold_every_event_once_and_in_order(many, size, order):
    filter = Filter(sources=["S1"]) if size > 1 else Filter(sources=["S1"], text="24")
    expected = [
        str(n) for n in range(2500) if n % 3 == 1 and (size > 1 or "24" in str(n))
    ]
    if order == log.ORDER_NEWEST_FIRST:
        expected.reverse()
    pages = list(many.pages(filter, size, order))
    assert all(len(page.events) <= size for page in pages)
    assert [found.change for page in pages for found in page.events] == expected


def test_newest_first_unless_asked_otherwise(many):
    page = many.page(size=3)
    assert [found.change for found in page.events] == ["2499", "2498", "2497"]
    assert page.next_page_token
    assert page.scanned_through == page.events[-1].sequence
    assert page.oldest_sequence == 1


@pytest.mark.parametrize("asked, given", [(0, 100), (10**9, 1000)])
def test_page_sizes_out_of_bounds_are_the_default_and_the_maximum(many, asked, given):
    assert len(many.page(size=asked).events) == given


def test_a_negative_page_size_is_refused(many):
    error = refusal(many.page, size=-1)
    assert error.code() == Status.INVALID_ARGUMENT
    assert list(violations(error)) == ["page_size"]


def test_events_recorded_while_paging_newest_first_do_not_appear(client):
    client.record(*(event(change=str(n)) for n in range(10)))
    first = client.page(size=5)
    client.record(event(change="late"))
    rest = client.page(size=100, token=first.next_page_token)
    found = [found.change for found in [*first.events, *rest.events]]
    assert found == [str(n) for n in range(9, -1, -1)]


def test_an_empty_organization_is_complete_at_once(client):
    page = client.page()
    assert (list(page.events), page.next_page_token, list(page.unreadable)) == ([], "", [])


def test_no_organization_covers_all_of_them(shared_server, client):
    (result,) = client.record(event())
    with Client(shared_server.address) as everyone:
        [newest] = everyone.page(size=1).events
        # Who reads all is given its number among all.
        assert (newest.id, newest.sequence) == (result.id, everyone.status().head_sequence)
        assert everyone.get(sequence=newest.sequence).event.id == result.id
    assert client.get(sequence=result.sequence).event.id == result.id


def refused_token(client, token, **other):
    error = refusal(client.page, token=token, **{"size": 5, **other})
    assert error.code() == Status.INVALID_ARGUMENT
    assert list(violations(error)) == ["page_token"]


def test_a_tampered_token_is_refused_wherever_it_was_changed(many):
    token = many.page(size=5).next_page_token
    for index in range(len(token)):
        # The last digits of base64 may carry bits that mean nothing; the others all count.
        other = "B" if token[index] == "A" else "A"
        changed = token[:index] + other + token[index + 1 :]
        try:
            same = base64.urlsafe_b64decode(changed + "===") == base64.urlsafe_b64decode(
                token + "==="
            )
        except ValueError:
            same = False
        if not same:
            refused_token(many, changed)


@pytest.mark.parametrize("token", ["x", "AAAA", "ü", "A" * 1024, "A" * 2000, "=" * 40, "\n"])
def test_a_token_that_never_was_is_refused(many, token):
    refused_token(many, token)


def test_a_token_is_bound_to_its_filter_order_and_organization(shared_server, many):
    token = many.page(size=5).next_page_token
    refused_token(many, token, filter=Filter(sources=["S1"]))
    refused_token(many, token, order=log.ORDER_OLDEST_FIRST)
    with Client(shared_server.address, "org-filters") as other:
        refused_token(other, token)


def test_a_token_takes_any_page_size(many):
    token = many.page(size=5).next_page_token
    page = many.page(size=9, token=token)
    assert [found.change for found in page.events] == [str(n) for n in range(2494, 2485, -1)]


BAD_FILTERS = {
    "unknown actor type": (Filter(actor_types=[77]), "filter.actor_types[0]"),
    "unknown outcome": (Filter(outcomes=[77]), "filter.outcomes[0]"),
    "unspecified outcome": (Filter(outcomes=[0]), "filter.outcomes[0]"),
    "until before since": (Filter(since=timestamp(20), until=timestamp(10)), "filter.until"),
    "scope without id": (
        Filter(scopes=[filter_pb2.ScopeFilter(type="PROJECT")]),
        "filter.scopes[0].id",
    ),
    "value too long": (Filter(sources=["x" * 1025]), "filter.sources[0]"),
    "too many values": (Filter(sources=["x"] * 60, event_types=["y"] * 41), "filter"),
    "empty value": (Filter(event_types=[""]), "filter.event_types[0]"),
}


@pytest.mark.parametrize("filter, named", BAD_FILTERS.values(), ids=BAD_FILTERS.keys())
def test_a_bad_filter_is_refused_and_the_field_named(many, filter, named):
    for call in (
        lambda: many.page(filter),
        lambda: list(many.subscribe(filter, oldest=True)),
        lambda: many.facets(log.FACET_FIELD_SOURCE, filter),
    ):
        error = refusal(call)
        assert error.code() == Status.INVALID_ARGUMENT
        assert list(violations(error)) == [named]


def test_an_unknown_order_is_refused(many):
    error = refusal(many.page, order=77)
    assert error.code() == Status.INVALID_ARGUMENT
    assert list(violations(error)) == ["order"]


def test_a_page_ends_at_the_message_limit_and_goes_on(client):
    """Twenty large events: a page of all of them would be over what any client accepts."""
    blob = b'"' + b"x" * 250_000 + b'"'
    for _ in range(4):
        client.record(*(event(snapshot=blob) for _ in range(5)))
    pages = list(client.pages())
    assert len(pages) > 1
    assert sum(len(page.events) for page in pages) == 20
    assert all(page.ByteSize() <= 4_194_304 for page in pages)
