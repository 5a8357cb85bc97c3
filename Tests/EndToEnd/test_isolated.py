"""Two organizations on one server: no method of one answers with a byte of the other."""

from auditrpc.v1 import audit_log_pb2 as log
from auditrpc.v1 import event_pb2, filter_pb2
from clients import Client, Filter, Status, actor, event, new_id, refusal, resource, target
from guarantees import Broken, Fact, isolated

SECRET = "kestrel"


def secret_event(**fields):
    """Every text of it says whose it is."""
    return event(
        event_type="UPDATE",
        target=target("SERVICE", "service-1", SECRET),
        actor=actor(event_pb2.ACTOR_TYPE_USER, SECRET, SECRET),
        scope=[resource("PROJECT", "p1", SECRET)],
        change=SECRET,
        snapshot=f'{{"{SECRET}": 1}}'.encode(),
        metadata={SECRET: SECRET},
        **fields,
    )


def test_no_method_shows_what_another_organization_has(server):
    with Client(server.address, "theirs") as theirs, Client(server.address, "ours") as ours:
        shared_id = new_id()
        with ours.subscribe(oldest=True) as feed:
            feed.until("caught_up")
            theirs.record(*(secret_event() for _ in range(50)), secret_event(id=shared_id))
            results = ours.record(
                event(id=shared_id, scope=[resource("PROJECT", "p1")]),
                event(snapshot=b'{"a": 1}', source=SECRET.upper()),
            )
            theirs.record(*(secret_event() for _ in range(50)))
            answers = list(feed.take(2))

        filters = [
            None,
            Filter(text=SECRET),
            Filter(target_ids=["service-1"]),
            Filter(actor_ids=[SECRET, "user-1"]),
            Filter(scopes=[filter_pb2.ScopeFilter(id="p1")]),
        ]
        for filter in filters:
            answers += ours.pages(filter)
            for field in range(1, 9):
                answers.append(ours.facets(field, filter))
                if field != log.FACET_FIELD_SCOPE:
                    answers.append(ours.histogram(filter, split_by=field))
        answers += [ours.get(id=result.id) for result in results]
        for answer in answers:
            if SECRET.encode() in answer.SerializeToString():
                raise Broken("Isolated", f"an answer says {SECRET!r}:", [answer])

        found = [Fact(one.organization_id, one.id, one.sequence) for one in ours.events()]
        expected = [Fact("ours", result.id, result.sequence) for result in results]
        isolated("ours", found, expected)
        assert ours.facets(log.FACET_FIELD_ACTOR_ID).total_count == 2
        assert ours.histogram().total_count == 2
        assert not ours.get(id=results[0].id).HasField("previous")
        # The same id is another event there, and nothing of it is said here.
        assert ours.get(id=shared_id).event.change == ""
        # Sequences count one's own: nothing says that others recorded a hundred in between.
        assert [result.sequence for result in results] == [1, 2]
        for sequence in range(3, 150):
            assert refusal(ours.get, sequence=sequence).code() == Status.NOT_FOUND
        assert ours.own_status().head_sequence == 2
        for order in (log.ORDER_NEWEST_FIRST, log.ORDER_OLDEST_FIRST):
            pages = [*ours.pages(size=1, order=order)]
            assert {page.oldest_sequence for page in pages} == {1}
            assert max(page.scanned_through for page in pages) <= 2


def test_a_page_tells_nothing_of_where_the_others_events_end(server):
    """A query of an organization without events is complete, however many others have."""
    with Client(server.address, "theirs") as theirs, Client(server.address, "ours") as ours:
        theirs.record(*(secret_event() for _ in range(1000)))
        page = ours.page()
        assert (len(page.events), page.next_page_token) == (0, "")
