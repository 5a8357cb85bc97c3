"""Two organizations, random calls: nothing of the one is ever seen by the other, no event and no count."""

import os
import random

import grpc
import pytest
import tokens
from auditrpc.v1 import access_pb2 as access
from auditrpc.v1 import administration_pb2 as admin
from auditrpc.v1 import audit_log_pb2 as log
from auditrpc.v1 import event_pb2
from clients import Client, Filter, Status, actor, event, new_id, resource, target
from guarantees import Broken
from process import Server

CALLS = int(os.environ.get("AUDITRPC_TENANT_CALLS", 2000))
MARKS = {"acme": "kestrel", "globex": "osprey"}
VALUES = [str(number) for number in range(4)]


class Tenant:
    """One organization: what it was answered, and what it may therefore see."""

    def __init__(self, address, root, name, chance):
        self.name, self.mark, self.chance = name, MARKS[name], chance
        self.secrets = {
            role: tokens.create(address, root, f"{role} {self.mark}", role, name)[1]
            for role in ("recorder", "reader", "admin")
        }
        self.clients = {
            role: Client(address, token=secret) for role, secret in self.secrets.items()
        }
        self.events = {}
        self.page_tokens = [""]

    def close(self):
        for client in self.clients.values():
            client.channel.close()

    def value(self):
        """Of half of the fields both organizations have the same values, of the rest each its own."""
        return self.chance.choice([*VALUES, self.mark])

    def record(self):
        sent = [
            event(
                id=new_id(),
                event_type=self.chance.choice(["CREATE", "UPDATE", "DELETE"]),
                target=target("SERVICE", self.value(), self.mark),
                actor=actor(event_pb2.ACTOR_TYPE_USER, self.value(), self.mark),
                scope=[resource("PROJECT", self.value(), self.mark)],
                source=self.value(),
                change=self.mark,
                snapshot=f'{{"{self.mark}": {self.chance.randrange(9)}}}'.encode(),
            )
            for _ in range(self.chance.randrange(1, 20))
        ]
        for one, result in zip(sent, self.clients["recorder"].record(*sent)):
            self.events[result.sequence] = one

    def matching(self, filter):
        """The sequences that a filter lets pass, by a plain reading of it."""

        def passes(one):
            return (
                (not filter.event_types or one.event_type in filter.event_types)
                and (not filter.target_ids or one.target.id in filter.target_ids)
                and (not filter.actor_ids or one.actor.id in filter.actor_ids)
                and (not filter.sources or one.source in filter.sources)
                and (not filter.scopes or any(s.id == r.id for s in filter.scopes for r in one.scope))
                and (not filter.text or filter.text in one.SerializeToString().decode("latin-1"))
            )

        return sorted(sequence for sequence, one in self.events.items() if passes(one))


def random_filter(chance, marks):
    """Values of both organizations."""
    values = [*VALUES, *marks]
    filter = Filter()
    for field in chance.sample(["target_ids", "actor_ids", "sources", "scopes", "event_types"], 2):
        if field == "scopes":
            filter.scopes.add(type="PROJECT", id=chance.choice(values))
        elif field == "event_types":
            filter.event_types.append(chance.choice(["CREATE", "UPDATE"]))
        else:
            getattr(filter, field).extend(chance.sample(values, 2))
    if marks and chance.random() < 0.2:
        filter.text = chance.choice(marks)
    return filter


class Intruder:
    """Makes random calls for one tenant, with whatever it may have learned of the other."""

    def __init__(self, own, other, chance):
        self.own, self.other, self.chance = own, other, chance
        self.refused = self.answered = 0

    def organization(self):
        return self.chance.choice(["", "", self.own.name, self.other.name, "no-such-one"])

    def client(self):
        return self.own.clients[self.chance.choice(["reader", "admin"])]

    def sequence(self):
        known = [*self.own.events, *self.other.events, 1]
        return max(0, self.chance.choice(known) + self.chance.randrange(-1, 2))

    def step(self):
        call = self.chance.choice(
            [
                self.own.record, self.query, self.query, self.facets, self.histogram, self.get, self.subscribe,
                self.record, self.administrate, self.view,
            ]
        )  # fmt: skip
        try:
            call()
            self.answered += 1
        except grpc.RpcError as error:
            self.refused += 1
            assert error.code() in (
                Status.PERMISSION_DENIED,
                Status.NOT_FOUND,
                Status.INVALID_ARGUMENT,
                Status.OUT_OF_RANGE,
                Status.ALREADY_EXISTS,
            ), error
            self.look(error.details().encode(), error)

    def look(self, answer, what):
        if self.other.mark.encode() in answer:
            raise Broken("Isolated", f"{self.own.name} is told of {self.other.mark!r}", [what])

    def seen(self, events):
        for one in events:
            assert one.organization_id == self.own.name
            self.look(one.SerializeToString(), one)

    def query(self):
        filter = random_filter(self.chance, [*MARKS.values()])
        organization = self.organization()
        found, token = [], ""
        if self.chance.random() < 0.2:
            token = self.chance.choice(self.other.page_tokens)
        is_own = not token
        while True:
            request = log.QueryRequest(
                organization_id=organization, filter=filter, page_size=7, page_token=token,
                order=log.ORDER_OLDEST_FIRST,
            )  # fmt: skip
            page = self.client().stub.Query(request, timeout=30)
            self.seen(page.events)
            found += [one.sequence for one in page.events if one.source != "ADMINISTRATION"]
            token = page.next_page_token
            if token:
                self.own.page_tokens.append(token)
            else:
                break
        assert organization in ("", self.own.name)
        if is_own and self.own.mark not in filter.text:
            assert found == self.own.matching(filter), filter

    def facets(self):
        filter = random_filter(self.chance, [*MARKS.values()])
        filter.text = ""
        organization = self.organization()
        request = log.ListFacetsRequest(
            organization_id=organization, field=self.chance.randrange(1, 9), filter=filter
        )
        answer = self.client().stub.ListFacets(request, timeout=30)
        assert organization in ("", self.own.name)
        self.look(answer.SerializeToString(), answer)
        if filter.sources or filter.target_ids or filter.scopes or filter.actor_ids:
            assert answer.total_count == len(self.own.matching(filter))

    def histogram(self):
        filter = random_filter(self.chance, [*MARKS.values()])
        filter.text = ""
        organization = self.organization()
        request = log.HistogramRequest(
            organization_id=organization, filter=filter, split_by=log.FACET_FIELD_ACTOR_ID
        )
        answer = self.client().stub.Histogram(request, timeout=30)
        assert organization in ("", self.own.name)
        self.look(answer.SerializeToString(), answer)
        if filter.sources or filter.target_ids or filter.scopes or filter.actor_ids:
            assert answer.total_count == len(self.own.matching(filter))

    def get(self):
        key = {"sequence": self.sequence()}
        if self.chance.random() < 0.5:
            events = [*self.own.events.values(), *self.other.events.values()]
            if events:
                key = {"id": self.chance.choice(events).id}
        request = log.GetEventRequest(organization_id=self.organization(), **key)
        answer = self.client().stub.GetEvent(request, timeout=30)
        self.look(answer.SerializeToString(), answer)
        self.seen([answer.event] + ([answer.previous] if answer.HasField("previous") else []))

    def subscribe(self):
        start = self.chance.choice(
            [{"oldest": True}, {"now": True}, {"after_sequence": self.sequence()}]
        )
        request = log.SubscribeRequest(
            organization_id=self.organization(), filter=random_filter(self.chance, [*MARKS.values()]),
            on_gap=log.ON_GAP_CONTINUE, **start,
        )  # fmt: skip
        call = self.client().stub.Subscribe(request, timeout=30)
        found = []
        for message in call:
            self.look(message.SerializeToString(), message)
            if message.WhichOneof("kind") == "events":
                self.seen(message.events.events)
                found += [one.sequence for one in message.events.events]
            if message.WhichOneof("kind") == "caught_up":
                break
        call.cancel()
        after = start.get("after_sequence", 0)
        if "now" not in start and not request.filter.text:
            expected = [one for one in self.own.matching(request.filter) if one > after]
            assert [one for one in found if one in self.own.events] == expected

    def record(self):
        """An event for the other one, or with an id that the other one has."""
        other = [one.id for one in self.other.events.values()] or [new_id()]
        name = self.organization()
        sent = event(id=self.chance.choice(other), change=self.own.mark, organization_id=name)
        result = self.own.clients["recorder"].record(sent)[0]
        assert name in ("", self.own.name)
        assert not result.duplicate or result.sequence in self.own.events
        self.own.events.setdefault(result.sequence, sent)

    def administrate(self):
        client = self.own.clients["admin"].administration
        name = self.organization()
        answer = self.chance.choice(
            [
                lambda: client.ListTokens(access.ListTokensRequest(organization_id=name)),
                lambda: client.GetRetention(admin.GetRetentionRequest(organization_id=name)),
                lambda: client.ListRetention(admin.ListRetentionRequest()),
                lambda: client.SetRetention(
                    admin.SetRetentionRequest(
                        organization_id=name, inherit=True, dry_run=True
                    )
                ),
            ]
        )()
        self.look(answer.SerializeToString(), answer)

    def view(self):
        """With a viewer token of the own organization."""
        shown = Filter(target_ids=[self.chance.choice([*VALUES, *MARKS.values()])])
        client = self.own.clients["reader"].administration
        request = access.CreateViewerTokenRequest(
            organization_id=self.organization(), filter=shown
        )
        secret = client.CreateViewerToken(request, timeout=30).secret
        with Client(self.own.clients["reader"].address, token=secret) as viewer:
            events = viewer.events(random_filter(self.chance, []))
            self.seen(events)
            assert all(one.target.id == shown.target_ids[0] for one in events)


@pytest.mark.timeout(300)
def test_nothing_of_another_organization_is_ever_seen(tmp_path):
    seed = int(os.environ.get("AUDITRPC_SEED", random.randrange(1 << 32)))
    print(f"AUDITRPC_SEED={seed} AUDITRPC_TENANT_CALLS={CALLS}")
    chance = random.Random(seed)
    # Small logs, so that most of it is read from sealed segments.
    options = ["--local-access", "none", "--log-bytes", "131072"]
    with Server(tmp_path / "data", options=options) as server:
        root = tokens.first_token(server)
        tenants = [Tenant(server.address, root, name, chance) for name in MARKS]
        intruders = [
            Intruder(own, other, chance) for own, other in (tenants, reversed(tenants))
        ]
        for tenant in tenants:
            tenant.record()
        for _ in range(CALLS):
            chance.choice(intruders).step()
        refused = sum(one.refused for one in intruders)
        answered = sum(one.answered for one in intruders)
        print(f"{answered} calls answered, {refused} refused")
        assert refused > CALLS / 10 and answered > CALLS / 4
        for tenant in tenants:
            with Client(server.address, token=tenant.secrets["reader"]) as client:
                assert client.sequences(Filter(sources=[*VALUES, "CONSOLE", tenant.mark])) == sorted(
                    tenant.events
                )
            tenant.close()
