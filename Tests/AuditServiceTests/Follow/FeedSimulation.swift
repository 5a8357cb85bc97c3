import AuditModel
import Codec
import EventStore
import Subscribe
import TestSupport

@testable import AuditService

/// A message as it was encoded.
final class PlainMessage: FeedMessage {
    let bytes: [UInt8]
    var residentBytes: Int { bytes.count }

    init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// One subscriber without a connection: does what the machine says, one step when it is asked.
final class SimulatedSubscriber {
    private(set) var record: FeedRecord
    /// Nil between a crash and the resume.
    private var following: (follower: Follower, group: FeedGroup, id: SubscriptionID)?
    private(set) var isWaiting = false
    private(set) var messageBytesMax = 0
    private(set) var timesBehind = 0
    private(set) var messages = 0
    /// Gaps of what a sweep had taken before longer rules came.
    private(set) var removals: [SequenceRange] = []
    private var ready: [FeedPortion] = []
    private let feed: Feed<Int>
    private let number: Int

    init(_ feed: Feed<Int>, _ number: Int, _ record: FeedRecord) {
        self.feed = feed
        self.number = number
        self.record = record
    }

    private var organization: [UInt8]? { record.organization.map { Array($0.utf8) } }
    var isFollowing: Bool { following != nil }
    /// In the log.
    var place: Sequence? { following?.follower.place }

    func resume() async throws {
        let plan = SearchPlan(record.filter, organization: organization)
        guard let id = feed.hub.subscribe(plan.filter, waker: number) else { return }
        let entry = try await entry()
        let follower = Follower(of: organization, from: entry, onGap: .goOn)
        following = (follower, feed.join(plan), id)
    }

    private func entry() async throws -> FeedEntry {
        let start = SubscribeRequest.Start.after(record.known)
        if let known = try feed.knownEntry(of: organization, at: start) { return known }
        guard let organization else { preconditionFailure("who reads all looks for nothing") }
        var wait: FeedWait<Result<FeedEntry, ServiceError>>?
        let found = await withCheckedContinuation { continuation in
            wait = feed.findEntry(of: organization, at: start) {
                continuation.resume(returning: $0)
            }
        }
        withExtendedLifetime(wait) {}
        return try found.get()
    }

    func crash() {
        guard let following else { return }
        feed.hub.unsubscribe(following.id)
        feed.leave(following.group)
        self.following = nil
        ready = []
        isWaiting = false
    }

    func wake(at position: Sequence) {
        isWaiting = false
        skip(to: position)
    }

    /// What a Progress timer does.
    func progress() {
        guard let following else { return }
        if isWaiting, let position = feed.hub.stopWaiting(following.id) { wake(at: position) }
        if let notice = self.following?.follower.machine.progress { hear(notice) }
    }

    private func skip(to position: Sequence) {
        following?.follower.pass(through: position)
    }

    func step() async throws {
        guard let following, !isWaiting else { return }
        if !ready.isEmpty { return try take(ready.removeFirst()) }
        let place = following.follower.place
        switch self.following!.follower.next(in: feed) {
        case .say(.gap(let places, _)): try await skip(places)
        case .say(let notice): hear(notice)
        case .readRing:
            if let portion = feed.readRing(following.group, after: place) { try take(portion) }
        case .readDisk: ready = try await read(following.group, after: place)
        case .wait: isWaiting = feed.hub.wait(following.id, after: place)
        case .fail: preconditionFailure("it goes on behind gaps")
        }
    }

    private func skip(_ places: SequenceRange) async throws {
        var border = feed.knownBorder(of: places, in: organization)
        if border == nil {
            let found = await withCheckedContinuation { continuation in
                _ = feed.findBorder(of: places, in: organization) {
                    continuation.resume(returning: $0)
                }
            }
            border = try found.get()
        }
        hear(following?.follower.skip(places, border!))
    }

    private func hear(_ gap: Follower.Gap?) {
        guard case .say(let range)? = gap else { return }
        record.take(.gap(range, reason: ""))
    }

    private func read(_ group: FeedGroup, after position: Sequence) async throws -> [FeedPortion] {
        let reading: FeedReading = await withCheckedContinuation { continuation in
            let look = feed.readDisk(group, after: position) {
                continuation.resume(returning: $0)
            }
            if case .known(let known) = look {
                continuation.resume(returning: .portions([known]))
            }
        }
        switch reading {
        case .portions(let portions): return portions
        case .removed(let last):
            if case .say(.gap(let places, _)) = following?.follower.foundGone(
                through: last, .retention)
            {
                let told = record.gaps.count
                try await skip(places)
                removals += record.gaps[told...].map(\.range)
            }
            return []
        case .damage(_, let error), .failure(let error): throw error
        }
    }

    private func take(_ portion: FeedPortion) throws {
        if let message = portion.message as? PlainMessage {
            messageBytesMax = max(messageBytesMax, message.residentBytes)
            messages += 1
            record.take(try SubscribeResponse(decoding: message.bytes))
        }
        following?.follower.send(portion)
    }

    private func hear(_ notice: FollowMachine.Notice) {
        guard let sequence = following?.follower.tell(in: feed) else { return }
        switch notice {
        case .progress: record.take(.progress(sequence))
        case .caughtUp: record.take(.caughtUp(sequence))
        case .fellBehind:
            timesBehind += 1
            record.take(.fellBehind(sequence))
        case .gap: preconditionFailure("said by skip")
        }
    }
}

/// A feed with its store and hub, those who publish and those who follow, and retention. All of it
/// is run by hand, so that a seed gives the same run.
final class FeedSimulation {
    private static let organizations = ["acme", "beta", "gamma"]
    private static let batches = 150
    /// Between two batches; no boundary of an age lies near a batch.
    private static let interval = 1_000

    let feed: Feed<Int>
    private let fixture: ServiceFixture
    private let limits: ServiceLimits
    private var random: SeededGenerator
    private var subscribers: [SimulatedSubscriber] = []
    private var published: [FeedChecker.Published] = []
    private var batchesPublished = 0
    /// Of each organization: the first batch that its retention shows.
    private var shownFrom: [String: Int] = [:]
    /// Of each organization: everything below it was hidden at some time.
    private var hiddenBelow: [String: Sequence] = [:]
    private let now = Timestamp.now

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        fixture = try ServiceFixture(logBytesMax: 12 << 10, on: SimulatedDisk())
        var limits = ServiceLimits()
        limits.feedMessageBytesMax = Int.random(in: 500...4_000, using: &random)
        limits.feedCacheBytesMax = Int.random(in: 1_000...40_000, using: &random)
        limits.catchUpBytesMax = Int.random(in: 500...10_000, using: &random)
        limits.feedScanEventsMax = Int.random(in: 5...200, using: &random)
        self.limits = limits
        feed = Feed<Int>(
            store: fixture.store, sequences: fixture.sequences, limits: limits,
            feedLimits: FeedLimits(ringEventsMax: Int.random(in: 1...60, using: &random)),
            seal: { PlainMessage($0) }, woken: { _ in })
    }

    /// What happened in a run: a promise that nothing puts to the test is none.
    struct Summary {
        var gaps = 0
        /// Gaps among them that rules made longer have to answer for.
        var removals = 0
        var timesBehind = 0
        var messages = 0
        var packedMessages = 0
    }

    func run() async throws -> Summary {
        defer { feed.stop() }
        while batchesPublished < Self.batches {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<7: try publish()
            case 7..<9: dispatch()
            case 9: if subscribers.count < 25 { try await join() }
            case 10: subscribers.randomElement(using: &random)?.crash()
            case 11:
                try await subscribers.filter { !$0.isFollowing }.randomElement(using: &random)?
                    .resume()
            case 12: subscribers.randomElement(using: &random)?.progress()
            case 13: try retain()
            default: try await stepSome()
            }
            guard feed.cachedBytes <= limits.feedCacheBytesMax else {
                throw FeedChecker.Broken(promise: "bounded", facts: "\(feed.cachedBytes) bytes")
            }
        }
        try await finish()
        return Summary(
            gaps: subscribers.reduce(0) { $0 + $1.record.gaps.count },
            removals: subscribers.reduce(0) { $0 + $1.removals.count },
            timesBehind: subscribers.reduce(0) { $0 + $1.timesBehind },
            messages: subscribers.reduce(0) { $0 + $1.messages },
            packedMessages: Int(feed.counters.totals.packedMessages))
    }

    private func publish() throws {
        let events = (0..<Int.random(in: 1...12, using: &random)).map { _ in
            Event.sample(
                organization: Self.organizations.randomElement(using: &random)!,
                type: ["CREATE", "DELETE"].randomElement(using: &random)!,
                target: "t\(Int.random(in: 0..<4, using: &random))",
                actor: "a\(Int.random(in: 0..<30, using: &random))",
                snapshot:
                    "\"\(String(repeating: "x", count: Int.random(in: 0..<300, using: &random)))\"")
        }
        let age = (Self.batches - batchesPublished) * Self.interval
        let (_, batch) = fixture.commit(
            [try fixture.prepare(events)], now: now.advanced(by: .seconds(-age)))
        guard let batch else { return }
        batchesPublished += 1
        for index in 0..<batch.count {
            try batch.withEvent(at: index) { event in
                published.append(
                    .init(event: try Event(decoding: event.payload), place: event.sequence))
            }
        }
        _ = feed.hub.publish(batch)
    }

    private func dispatch() {
        for wake in feed.hub.dispatch() { subscribers[wake.waker].wake(at: wake.position) }
    }

    private func join() async throws {
        let value = "\(Int.random(in: 0..<4, using: &random))"
        let filter =
            [
                EventFilter(), EventFilter(eventTypes: ["DELETE"]),
                EventFilter(targetIDs: ["t" + value]), EventFilter(actorIDs: ["a" + value]),
                EventFilter(eventTypes: ["CREATE"], targetIDs: ["t0", "t1"]),
            ].randomElement(using: &random)!
        let organization = (Self.organizations + [nil]).randomElement(using: &random)!
        let reader = feed.reader(of: organization.map { Array($0.utf8) })
        let oldest = fixture.store.bounds(of: reader.organization).oldest
        let newest = try reader.newest()
        let start = [
            newest, try reader.oldest(from: oldest).previous, .zero,
            Sequence(UInt64.random(in: 0...newest.rawValue, using: &random)),
        ].randomElement(using: &random)!
        let record = FeedRecord(start: start, organization: organization, filter: filter)
        subscribers.append(SimulatedSubscriber(feed, subscribers.count, record))
        try await subscribers.last?.resume()
    }

    private func stepSome() async throws {
        guard let subscriber = subscribers.randomElement(using: &random) else { return }
        for _ in 0..<Int.random(in: 1...20, using: &random) { try await subscriber.step() }
    }

    /// Hides more of one organization, and often removes it from the disk; or shows again what no sweep
    /// has removed.
    private func retain() throws {
        let organization = Self.organizations.randomElement(using: &random)!
        let shown = shownFrom[organization, default: 0]
        let isLonger = Int.random(in: 0..<4, using: &random) == 0
        let first = Int.random(
            in: isLonger ? 0...shown : shown...batchesPublished, using: &random)
        shownFrom[organization] = min(first, (shownFrom[organization] ?? 0) + 20)
        let ages = shownFrom.map { organization, batch in
            let age = (Self.batches - batch) * Self.interval + Self.interval / 2
            return (Array(organization.utf8), Optional(Duration.seconds(age)))
        }
        try fixture.store.setRetention(
            RetentionRules(ages: Dictionary(uniqueKeysWithValues: ages)), now: now,
            uptime: .sinceStart)
        let visibility = fixture.store.visibility
        for organization in Self.organizations {
            hiddenBelow[organization] = max(
                hiddenBelow[organization] ?? .zero,
                visibility.floor(of: Array(organization.utf8)))
        }
        if Bool.random(using: &random) { try fixture.seal() }
        if Bool.random(using: &random) { fixture.store.indexLogs() }
        if Bool.random(using: &random) {
            try fixture.expire(now: now)
        }
    }

    /// Everybody gets to the head, whatever became of him; then the promises are checked.
    private func finish() async throws {
        let head = feed.hub.bounds.head
        for subscriber in subscribers where !subscriber.isFollowing {
            try await subscriber.resume()
        }
        var rounds = 0
        while subscribers.contains(where: { $0.place! < head }) {
            dispatch()
            for subscriber in subscribers {
                for _ in 0..<5 { try await subscriber.step() }
                subscriber.progress()
            }
            rounds += 1
            guard rounds < 10_000 else {
                throw FeedChecker.Broken(promise: "complete", facts: "somebody does not go on")
            }
        }
        let checker = FeedChecker(published: published) { one in
            one.place < self.hiddenBelow[one.event.organizationID] ?? .zero
        }
        for subscriber in subscribers {
            try checker.check(subscriber.record)
            for gap in subscriber.removals {
                try checkIsRemoved(gap, of: subscriber.record.organization)
            }
            guard subscriber.messageBytesMax <= limits.feedMessageBytesMax + 1_000 else {
                throw FeedChecker.Broken(
                    promise: "bounded", facts: "\(subscriber.messageBytesMax) bytes")
            }
            subscriber.crash()
        }
        guard feed.groupCount == 0, feed.hub.subscriptionCount == 0 else {
            throw FeedChecker.Broken(promise: "bounded", facts: "something is left of nobody")
        }
    }

    /// A sweep took everything that the organization had in the range.
    private func checkIsRemoved(_ range: SequenceRange, of organization: String?) throws {
        for one in published
        where one.event.organizationID == organization && range.contains(one.event.sequence) {
            guard try fixture.store.read(one.place) == nil else {
                throw FeedChecker.Broken(
                    promise: "exact gaps", facts: "\(one.event.sequence) is kept")
            }
        }
    }
}
