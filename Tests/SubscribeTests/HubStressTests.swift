import AuditModel
import Codec
import Subscribe
import Synchronization
import TestSupport
import Testing

/// A publisher, a dispatcher and many subscribers at the same time, for `make test-race` too: every
/// subscriber gets every event that matches, once and in order, by being woken.
struct HubStressTests {
    private typealias Wakes = AsyncStream<HubWake<Int>>

    private static let batches = 1_500
    private static let subscribers = 12
    private static let types = ["CREATE", "UPDATE", "DELETE"]

    /// Such a batch wakes everybody who sleeps: the last one does, and one now and then, behind which the
    /// publisher waits until somebody sleeps again.
    private static func isForAll(_ number: Int) -> Bool { number % 10 == 0 }

    /// What the disk is to a server: every batch before it is published.
    private final class Disk: Sendable {
        let stored = Mutex<[EventBatch]>([])

        func store(_ batch: EventBatch) { stored.withLock { $0.append(batch) } }

        func batch(containing sequence: Sequence) -> EventBatch? {
            stored.withLock { stored in
                stored.last { $0.firstSequence <= sequence && sequence <= $0.lastSequence }
            }
        }
    }

    private struct Outcome: Sendable {
        var number: Int
        var filter: CompiledFilter
        var received: [Sequence]
        /// A promise that nothing puts to the test is none.
        var timesWoken: Int
    }

    /// One subscriber, by the rules that a call of the server follows.
    private struct Subscriber {
        let hub: Hub<Int>
        let disk: Disk
        let number: Int
        let filter: CompiledFilter
        var random: SeededGenerator
        var wakes: Wakes.Iterator
        /// Told before it sleeps.
        let sleeps: AsyncStream<Void>.Continuation
        var position = Sequence.zero
        var received: [Sequence] = []
        var timesWoken = 0

        mutating func run(through end: Sequence) async throws -> Outcome {
            var id = try join()
            while position < end {
                guard hub.wait(id, after: position) else {
                    look()
                    continue
                }
                switch Int.random(in: 0..<8, using: &random) {
                case 0:
                    hub.unsubscribe(id)
                    id = try join()
                case 1, 2:
                    // Nil when it is being woken: then that comes.
                    if let passed = hub.stopWaiting(id) {
                        position = max(position, passed)
                    } else {
                        try await sleep(id)
                    }
                default: try await sleep(id)
                }
                if Int.random(in: 0..<4, using: &random) == 0 { await Task.yield() }
            }
            hub.unsubscribe(id)
            return Outcome(
                number: number, filter: filter, received: received, timesWoken: timesWoken)
        }

        private func join() throws -> SubscriptionID {
            try #require(hub.subscribe(filter, waker: number))
        }

        private mutating func sleep(_ id: SubscriptionID) async throws {
            sleeps.yield()
            // Those of subscriptions that it has left may still come.
            while true {
                let next = await wakes.next()
                let wake = try #require(
                    next, "a wake-up was lost: subscriber \(number) at \(position)")
                guard wake.subscription == id else { continue }
                timesWoken += 1
                position = max(position, wake.position)
                return
            }
        }

        /// What is behind the position, of the ring or else of the disk.
        private mutating func look() {
            let wanted = position.next
            guard
                let batch = hub.batch(containing: wanted) ?? disk.batch(containing: wanted)
            else { return }
            for index in Int(wanted.rawValue - batch.firstSequence.rawValue)..<batch.count {
                batch.withEvent(at: index) { event in
                    if filter.matches(event) { received.append(event.sequence) }
                }
            }
            position = batch.lastSequence
        }
    }

    @Test(
        "no wake-up is lost, also where the ring overtakes everybody", .timeLimit(.minutes(5)),
        arguments: [8, 65_536])
    func nobodyMissesAnEvent(ringEvents: Int) async throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var batches: [EventBatch] = []
        for number in 1...Self.batches {
            let count = Int.random(in: 1...3, using: &random)
            let first = batches.last?.lastSequence.next ?? Sequence(1)
            let types =
                Self.isForAll(number)
                ? Self.types
                : (0..<count).map { _ in Self.types.randomElement(using: &random)! }
            batches.append(
                EventBatch.sample(types.map { Event.sample(type: $0) }, first: first))
        }
        let end = batches.last!.lastSequence
        let hub = Hub<Int>(limits: FeedLimits(ringEventsMax: ringEvents), head: .zero)
        let disk = Disk()
        let streams = (0..<Self.subscribers).map { _ in Wakes.makeStream() }
        let (due, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

        let (sleepers, sleeps) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

        let published = batches
        async let publishing: Void = {
            var sleepers = sleepers.makeAsyncIterator()
            for (index, batch) in published.enumerated() {
                disk.store(batch)
                if hub.publish(batch) { signal.yield() }
                if index + 1 < published.count, Self.isForAll(index + 1) {
                    await sleepers.next()
                }
            }
            signal.finish()
        }()
        async let dispatching: Void = {
            for await _ in due {
                for wake in hub.dispatch() { streams[wake.waker].continuation.yield(wake) }
            }
            // Who waits now although all is published waits for ever, and hears that here.
            for wake in hub.dispatch() { streams[wake.waker].continuation.yield(wake) }
            for stream in streams { stream.continuation.finish() }
        }()
        let done = try await withThrowingTaskGroup(of: Outcome.self) { group in
            for (number, stream) in streams.enumerated() {
                let types = number % 4 == 3 ? [] : [Self.types[number % 4]]
                let generator = SeededGenerator(seed: seed &+ UInt64(number))
                group.addTask {
                    var subscriber = Subscriber(
                        hub: hub, disk: disk, number: number,
                        filter: CompiledFilter(EventFilter(eventTypes: types), organization: nil),
                        random: generator, wakes: stream.stream.makeAsyncIterator(),
                        sleeps: sleeps)
                    return try await subscriber.run(through: end)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        _ = await (publishing, dispatching)
        for subscriber in done {
            var due: [Sequence] = []
            for batch in published {
                for index in 0..<batch.count {
                    batch.withEvent(at: index) { event in
                        if subscriber.filter.matches(event) { due.append(event.sequence) }
                    }
                }
            }
            #expect(
                subscriber.received == due, "seed \(seed), subscriber \(subscriber.number)")
        }
        #expect(done.contains { $0.timesWoken > 0 }, "somebody had to be woken")
        #expect(hub.subscriptionCount == 0)
    }
}
