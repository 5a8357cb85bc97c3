import AuditModel
import Codec
import Subscribe
import TestSupport
import Testing

struct HubTests {
    private func filter(_ types: [String] = [], organization: String? = nil) -> CompiledFilter {
        CompiledFilter(
            EventFilter(eventTypes: types), organization: organization.map { Array($0.utf8) })
    }

    @Test func onlyMatchingSubscriptionsAreWoken() throws {
        let hub = Hub<String>(head: .zero)
        let names = ["acme", "acme deletes", "other", "all"]
        let filters = [
            filter(organization: "acme"), filter(["DELETE"], organization: "acme"),
            filter(organization: "other"), filter(),
        ]
        var ids: [SubscriptionID] = []
        for (name, filter) in zip(names, filters) {
            let id = try #require(hub.subscribe(filter, waker: name))
            #expect(hub.wait(id, after: .zero))
            ids.append(id)
        }
        #expect(hub.publish(EventBatch.sample(count: 2, first: Sequence(1))))
        #expect(Set(hub.dispatch().map(\.waker)) == ["acme", "all"])
        #expect(hub.dispatch().isEmpty, "a wake-up is given once")
        #expect(
            hub.publish(EventBatch.sample(count: 1, first: Sequence(3), type: "DELETE")),
            "two still wait")
        #expect(hub.dispatch().map(\.waker) == ["acme deletes"])
        #expect(
            hub.stopWaiting(ids[2]) == Sequence(3), "what did not match is behind it all the same")
    }

    @Test func aWaitBehindThePresentIsRefused() throws {
        let hub = Hub<Int>(head: .zero)
        let id = try #require(hub.subscribe(filter(), waker: 1))
        _ = hub.publish(EventBatch.sample(count: 1, first: Sequence(1)))
        #expect(!hub.wait(id, after: .zero), "an event was published before the wait")
        #expect(hub.wait(id, after: Sequence(1)))
    }

    @Test func whoIsAheadOfWhatIsPublishedKeepsNobodyFromWaiting() throws {
        let hub = Hub<String>(head: .zero)
        let ahead = try #require(hub.subscribe(filter(), waker: "ahead"))
        let behind = try #require(hub.subscribe(filter(), waker: "behind"))
        // It has read the disk, where a batch is a moment before it is published.
        #expect(hub.wait(ahead, after: Sequence(5)))
        #expect(hub.wait(behind, after: .zero), "there is nothing to look at again")
        #expect(hub.position(of: behind) == .zero)
        _ = hub.publish(EventBatch.sample(count: 5, first: Sequence(1)))
        #expect(hub.dispatch().map(\.waker) == ["behind"])
        _ = hub.publish(EventBatch.sample(count: 1, first: Sequence(6)))
        #expect(hub.dispatch().map(\.waker) == ["ahead"])
        #expect(hub.position(of: behind) == nil)
    }

    @Test func aWakeUpSaysFromWhereOnToLook() throws {
        let hub = Hub<Int>(head: .zero)
        let id = try #require(hub.subscribe(filter(["DELETE"], organization: "acme"), waker: 1))
        #expect(hub.wait(id, after: .zero))
        _ = hub.publish(EventBatch.sample(count: 10, first: Sequence(1)))
        #expect(hub.dispatch().isEmpty)
        _ = hub.publish(EventBatch.sample(count: 1, first: Sequence(11), type: "DELETE"))
        let wakes = hub.dispatch()
        #expect(wakes.map(\.position) == [Sequence(10)])
        #expect(wakes.map(\.subscription) == [id])
    }

    @Test func aDispatcherThatIsOvertakenWakesEverybody() throws {
        let hub = Hub<Int>(limits: FeedLimits(ringEventsMax: 2), head: .zero)
        let id = try #require(hub.subscribe(filter(["DELETE"]), waker: 1))
        #expect(hub.wait(id, after: .zero))
        for sequence in 1...5 {
            _ = hub.publish(EventBatch.sample(count: 1, first: Sequence(UInt64(sequence))))
        }
        #expect(hub.dispatch().map(\.position) == [.zero], "what it missed may have matched")
    }

    @Test func subscriptionsAreLimitedAndFreed() throws {
        let hub = Hub<Int>(limits: FeedLimits(subscriptionsMax: 1), head: .zero)
        let first = try #require(hub.subscribe(filter(), waker: 1))
        #expect(hub.subscribe(filter(), waker: 2) == nil)
        hub.unsubscribe(first)
        #expect(hub.subscriptionCount == 0)
        #expect(hub.subscribe(filter(), waker: 3) != nil)
    }

    /// Random joins, waits, publications and leaves: nobody who waits misses an event that matches.
    @Test(arguments: 1...20) func nobodyMissesAnEvent(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let hub = Hub<Int>(limits: FeedLimits(ringEventsMax: 8), head: .zero)
        let types = ["CREATE", "DELETE"]
        var waiting: [Int: (id: SubscriptionID, type: String, position: Sequence)] = [:]
        var head = Sequence.zero
        for step in 1...300 {
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let type = types.randomElement(using: &random) ?? "CREATE"
                let id = try #require(hub.subscribe(filter([type]), waker: step))
                #expect(hub.wait(id, after: head))
                waiting[step] = (id, type, head)
            case 1:
                guard let name = waiting.keys.sorted().randomElement(using: &random) else {
                    continue
                }
                let left = waiting.removeValue(forKey: name)
                hub.unsubscribe(try #require(left).id)
            default:
                let type = types.randomElement(using: &random) ?? "CREATE"
                let batch = EventBatch.sample(
                    count: Int.random(in: 1...3, using: &random), first: head.next, type: type)
                head = batch.lastSequence
                _ = hub.publish(batch)
                let woken = Set(hub.dispatch().map(\.waker))
                let due = Set(waiting.filter { $0.value.type == type }.keys)
                #expect(woken == due, "seed \(seed), step \(step)")
                for name in woken {
                    let id = try #require(waiting[name]).id
                    #expect(hub.wait(id, after: head))
                }
            }
        }
    }
}
