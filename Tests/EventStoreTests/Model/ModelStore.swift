import AuditModel
import Synchronization
import TestSupport

@testable import EventStore

/// A store on a simulated disk, and beside it what it must hold: driven by random operations and
/// crashes that one seed decides.
struct ModelStore {
    /// What the store did and should not have done.
    struct Mismatch: Error, CustomStringConvertible {
        var description: String
    }

    private var generator: SeededGenerator
    private var disk = SimulatedDisk()
    private var oracle = StoreOracle()
    private var rules = RetentionRules()
    /// By organization, as the rules say.
    private var ages: [String: Duration?] = [:]
    /// Below it the size cap let go what is not under legal hold; in this process.
    private var capFloor = Sequence.zero
    /// Events that were past their retention during a sweep or that the cap let go, by sequence.
    private var removable: Set<Sequence> = []
    /// The last snapshot that was made, and what it must hold.
    private var snapshot: StoreOracle?
    /// The folder is a snapshot until a start has come to its end.
    private var isRestoring = false
    /// The newest sequence that any store gave out, also one that was replaced by a snapshot.
    private var newestGivenOut = Sequence.zero
    /// In seconds; only grows.
    private var time = 0
    /// A batch of which it is unknown whether it was stored.
    private var unanswered: [StoreOracle.Stored] = []
    /// The last operations, for who looks for the mistake.
    private var operations: [String] = []
    private(set) var crashes = 0
    private(set) var counts: [String: Int] = [:]

    /// The same terms under a later version.
    private static let renewedTerms = TermExtractor(version: 2) { event, report in
        ModelEvent.extractor(event, report)
    }

    private mutating func configuration() -> StoreConfiguration {
        var configuration = StoreConfiguration.test(logBytesMax: 4096)
        if Bool.random(using: &generator) {
            configuration.bytesMax = Int.random(in: 4096...24_000, using: &generator)
        }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            configuration.terms = Self.renewedTerms
        }
        configuration.openedAt = wallClock
        configuration.logEventsMax = 12
        configuration.logAgeMax = .seconds(20)
        return configuration
    }

    /// By which sequences are skipped: later than the times of events.
    private var wallClock: Timestamp {
        Timestamp(nanosecondsSinceEpoch: Limits.clockSequenceEpoch)
            .advanced(by: .seconds(10_000_000 + time))
    }

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// Starts, works until something fails for good, and crashes: again and again.
    mutating func run(crashes: Int) throws {
        while self.crashes < crashes {
            do {
                try cycle()
            } catch {
                let last = operations.suffix(12).joined(separator: "\n  ")
                throw Mismatch(description: "\(error)\nafter\n  \(last)")
            }
        }
    }

    private mutating func cycle() throws {
        disk.plan = randomPlan()
        capFloor = .zero
        note("start with \(disk.plan)")
        do throws(StoreError) {
            let (store, report) = try EventStore.open(configuration(), fileSystem: disk)
            try adopt(store, report.restoration)
            try work(store)
            store.close()
        } catch {
            // Nothing but the plan may make a start fail.
            guard isDead || disk.plan.failingStep != nil else { throw error }
            note("the start failed: \(error)")
        }
        crash()
    }

    private mutating func randomPlan() -> FaultPlan {
        var plan = FaultPlan()
        if Int.random(in: 0..<4, using: &generator) == 0 { plan.writeBytesMax = 700 }
        let step = Int.random(
            in: 0..<[12, 40, 120].randomElement(using: &generator)!, using: &generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<6: plan.killedAtStep = step
        case 6..<9:
            plan.failingStep = step
            plan.persists = Bool.random(using: &generator)
        default: break
        }
        return plan
    }

    private var isDead: Bool { disk.plan.killedAtStep.map { disk.steps >= $0 } ?? false }

    private mutating func crash() {
        let isPowerCut = Bool.random(using: &generator)
        note(isPowerCut ? "power cut" : "kill")
        disk = isPowerCut ? disk.afterPowerCut(using: &generator) : disk.afterKill()
        crashes += 1
        if snapshot != nil, Int.random(in: 0..<3, using: &generator) == 0 { restore() }
    }

    private mutating func note(_ operation: String) {
        operations.append("\(time) s, head \(oracle.head): \(operation)")
        if operations.count > 100 { operations.removeFirst(50) }
        counts[String(operation.prefix { $0 != " " }), default: 0] += 1
    }
}

// MARK: What must hold

extension ModelStore {
    /// What the start found: all that was answered, and of the batch that was not all or nothing.
    private mutating func adopt(
        _ store: EventStore, _ restoration: Restoration?
    ) throws(StoreError) {
        // A start before may have failed right behind its last step.
        let last = store.skipped(atOrAfter: oracle.head.next)
        if let skipped = restoration?.skipped ?? (isRestoring ? last : nil) { try adopt(skipped) }
        isRestoring = false
        let head = store.bounds.head
        if head != oracle.head {
            var cursor = store.cursor(from: oracle.head.next, .forward)
            while let batch = try cursor.next() { oracle.add(batch) }
            let found = oracle.events.suffix(unanswered.count)
            let isWhole = found.elementsEqual(unanswered) { found, lost in
                found.id == lost.id && found.payload == lost.payload
            }
            try require(
                oracle.head == head && isWhole, "head is \(head) after \(unanswered.count) events")
        }
        unanswered = []
        try store.setRetention(rules, now: second(time), uptime: .seconds(time))
        try check(store)
        let paths = disk.paths.filter { $0.hasPrefix("data/") }
        let names = paths.compactMap { $0.split(separator: "/").last?.prefix(20) }
        try require(Set(names).count == names.count, "a log beside its segment: \(paths)")
        try require(!paths.contains { $0.hasSuffix(".new") }, "left over: \(paths)")
    }

    /// A start that was interrupted may have begun before, and so may have skipped less.
    private mutating func adopt(_ skipped: SequenceRange) throws(StoreError) {
        let isRight =
            isRestoring && skipped.first <= oracle.head.next && skipped.last >= newestGivenOut
            && skipped.last > oracle.head
        try require(isRight, "skips \(skipped) behind \(oracle.head) and \(newestGivenOut)")
        oracle.skip(skipped)
        newestGivenOut = max(newestGivenOut, oracle.head)
        counts["restored", default: 0] += 1
    }

    private func require(_ holds: Bool, _ what: String) throws(StoreError) {
        // Of a code that no operation throws, so that nobody takes it for a failure of the disk.
        if !holds { throw StoreError(.invalidConfiguration, "the model: " + what) }
    }

    private func showing(_ sequence: Sequence) -> StoreOracle.Showing {
        let event = oracle[sequence]
        if let age = ages[event.organization] ?? rules.standard,
            event.recordedAt < second(time).advanced(by: .zero - age)
        {
            return .hidden
        }
        if sequence < capFloor, !isHeld(event) { return .hidden }
        return removable.contains(sequence) ? .removable : .shown
    }

    private func isHeld(_ event: StoreOracle.Stored) -> Bool {
        rules.holds.contains(Array(event.organization.utf8))
    }

    private var sequences: [Sequence] { oracle.sequences }

    /// Everything that the store shows, every way there is.
    private func check(_ store: EventStore) throws(StoreError) {
        let difference = try oracle.difference(to: store, showing: showing)
        try require(difference == nil, difference ?? "")
        let oldest = store.bounds.oldest
        let lost = sequences.first { $0 < oldest && showing($0) == .shown }
        try require(lost == nil, "\(oldest) is the oldest, and \(lost ?? .zero) is young")
    }
}

// MARK: Operations

extension ModelStore {
    private mutating func work(_ store: EventStore) throws(StoreError) {
        for _ in 0..<Int.random(in: 1..<60, using: &generator) {
            do throws(StoreError) {
                try operate(store)
            } catch {
                note("\(error.code)")
                switch error.code {
                case .diskFull: break
                // A seal or a sweep; the next one tries again.
                case .inputOutput where !isDead: break
                case .inputOutput, .refusingWrites:
                    // Reads go on.
                    return try check(store)
                default: throw error
                }
            }
        }
    }

    private mutating func operate(_ store: EventStore) throws(StoreError) {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<35: try append(store)
        case 35..<43: try find(store)
        case 43..<50: try walk(store)
        case 50..<54: try findTime(store)
        case 54..<69: advance(store)
        case 69..<76: try expire(store)
        case 76..<79: try setRetention(store)
        case 79..<90:
            note("seal")
            _ = try store.seal()
        case 90..<94: try dropExcess(store)
        case 94:
            note("reindex")
            if try store.reindex() != nil { counts["reindexed", default: 0] += 1 }
        case 95: try check(store)
        case 96: try makeSnapshot(store)
        default:
            let full = Bool.random(using: &generator)
            disk.plan.capacityBytes =
                full ? disk.bytes + Int.random(in: 0..<9_000, using: &generator) : .max
            note(full ? "full disk" : "room")
        }
    }

    /// Few ids, so that they come again in their organization and in others.
    private mutating func randomEvent() -> StoreOracle.Stored {
        var event = StoreOracle.Stored.random(using: &generator, payloadBytesMax: 150)
        event.id = EventID(high: 1, low: UInt64.random(in: 0..<400, using: &generator))
        return event
    }

    private func known(_ event: StoreOracle.Stored) -> [Sequence] {
        sequences.filter { sequence in
            let other = oracle[sequence]
            return other.id == event.id && other.organization == event.organization
        }
    }

    /// As a committer does: what is there by its id is not stored again.
    private mutating func append(_ store: EventStore) throws(StoreError) {
        var events: [StoreOracle.Stored] = []
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let event = randomEvent()
            let isInBatch = events.contains {
                $0.id == event.id && $0.organization == event.organization
            }
            if !isInBatch, try StoreOracle.find(event, in: store) == nil { events.append(event) }
        }
        guard !events.isEmpty else { return }
        note("append \(events.count)")
        do throws(StoreError) {
            oracle.add(try store.store(events, now: second(time)))
            newestGivenOut = max(newestGivenOut, oracle.head)
        } catch {
            if error.code != .diskFull, unanswered.isEmpty { unanswered = events }
            throw error
        }
    }

    private mutating func find(_ store: EventStore) throws(StoreError) {
        let event = randomEvent()
        note("find")
        let known = known(event)
        let found = try StoreOracle.find(event, in: store)
        if let found {
            try require(
                known.contains(found) && showing(found) != .hidden, "find gives \(found)")
        } else {
            try require(!known.contains { showing($0) == .shown }, "find gives nothing")
        }
    }

    /// From anywhere, either way, some batches; then something else may happen before the rest.
    private mutating func walk(_ store: EventStore) throws(StoreError) {
        let around = oracle.sequences.randomElement(using: &generator) ?? oracle.head
        let start = [Sequence.zero, around, around.next, oracle.head, oracle.head.next]
            .randomElement(using: &generator)!
        let isForward = Bool.random(using: &generator)
        note("walk \(isForward ? "forward" : "backward") from \(start)")
        var cursor = store.cursor(from: start, isForward ? .forward : .backward)
        var reached = isForward ? max(start, store.bounds.oldest) : min(start, oracle.head)
        for step in 0..<6 {
            if step == 3, Bool.random(using: &generator) {
                note("seal under a cursor")
                _ = try? store.seal()
            }
            let batch = try cursor.next()
            let passed =
                isForward
                ? reached..<max(reached, batch?.firstSequence ?? oracle.head.next)
                : min(reached.next, batch?.lastSequence.next ?? store.bounds.oldest)..<reached.next
            for sequence in oracle.sequences(from: passed.lowerBound, before: passed.upperBound) {
                try require(showing(sequence) != .shown, "the cursor passes \(sequence)")
            }
            guard let batch else { return }
            for index in 0..<batch.count {
                let isSame = batch.withEvent(at: index) { view in
                    let event = oracle[view.sequence]
                    return event.id == view.id && event.recordedAt == view.recordedAt
                        && view.payload.elementsEqual(event.payload)
                }
                try require(isSame, "event \(batch.firstSequence + index) differs")
            }
            reached = isForward ? batch.lastSequence.next : batch.firstSequence.previous
        }
    }

    private mutating func findTime(_ store: EventStore) throws(StoreError) {
        let since = second(Int.random(in: max(0, time - 40)...time + 1, using: &generator))
        note("since \(since)")
        let earliest = store.earliestSequence(recordedSince: since)
        let found = try store.firstSequence(recordedSince: since)
        try require(earliest <= found, "\(found) is before the earliest \(earliest)")
        let expected = sequences.first {
            oracle[$0].recordedAt >= since && showing($0) == .shown
        }
        try require(found <= expected ?? oracle.head.next, "the first since \(since) is \(found)")
        let isYoung = found > oracle.head || oracle[found].recordedAt >= since
        try require(isYoung || found == store.bounds.oldest, "\(found) is before \(since)")
    }

    private mutating func advance(_ store: EventStore) {
        time += Int.random(in: 1...8, using: &generator)
        note("hide")
        store.hideExpired(now: second(time), uptime: .seconds(time))
    }

    private mutating func expire(_ store: EventStore) throws(StoreError) {
        store.hideExpired(now: second(time), uptime: .seconds(time))
        removable.formUnion(sequences.filter { showing($0) == .hidden })
        note("expire")
        let report = try store.expire(now: second(time), uptime: .seconds(time))
        counts["removed", default: 0] += report.files
        counts["rewritten", default: 0] += report.rewritten
    }

    /// Also when it fails, no more goes than it takes.
    private mutating func dropExcess(_ store: EventStore) throws(StoreError) {
        note("drop beyond \(store.configuration.bytesMax ?? .max)")
        let parts = store.parts.all
        var failure: StoreError?
        do throws(StoreError) {
            let report = try store.dropExcess()
            counts["dropped", default: 0] += report?.files ?? 0
            counts["held", default: 0] += report?.rewritten ?? 0
            try require(!store.hasExcess, "there is something left to go")
        } catch {
            failure = error
        }
        let floor = store.published.withLock { $0.retention.capFloor }
        try require(floor >= capFloor, "the cap goes back from \(capFloor) to \(floor)")
        if floor > capFloor, let last = parts.last(where: { $0.lastSequence < floor }) {
            // Segments that retention has emptied go with the file before them.
            let empty = parts.reduce(0) { $0 + ($1.events == 0 ? $1.bytes : 0) }
            let isNeeded =
                store.bounds.bytes + last.bytes + empty
                > store.configuration.bytesMax ?? .max
            try require(
                isNeeded,
                "the cap hides \(last.firstSequence), \(last.bytes) bytes, at \(store.bounds.bytes)"
            )
        }
        capFloor = floor
        rememberCap()
        if let failure { throw failure }
    }

    /// What the cap hides is there or not after a restart.
    private mutating func rememberCap() {
        removable.formUnion(sequences.filter { $0 < capFloor && !isHeld(oracle[$0]) })
    }

    /// Of the store as it is; the one before goes.
    private mutating func makeSnapshot(_ store: EventStore) throws(StoreError) {
        note("snapshot")
        disk.removeFolder("backup")
        snapshot = nil
        disk.plan.refusesLinks = Bool.random(using: &generator)
        let report = try store.snapshot(to: "backup", now: wallClock)
        try require(
            report.head == oracle.head,
            "the snapshot ends at \(report.head) instead of \(oracle.head)")
        snapshot = oracle
        counts["snapshots", default: 0] += 1
    }

    /// The store is lost, and the snapshot takes its place.
    private mutating func restore() {
        guard let snapshot else { return }
        note("restore of head \(snapshot.head)")
        disk.moveFolder("backup", to: "data")
        oracle = snapshot
        self.snapshot = nil
        isRestoring = true
        unanswered = []
    }

    private mutating func setRetention(_ store: EventStore) throws(StoreError) {
        var rules = RetentionRules(standard: randomAge())
        for organization in ["acme", "globex", "o"] where Bool.random(using: &generator) {
            rules.ages[Array(organization.utf8)] = .some(randomAge())
        }
        if Int.random(in: 0..<3, using: &generator) == 0 {
            rules.holds = [Array(["acme", "o"].randomElement(using: &generator)!.utf8)]
        }
        note("retention")
        try store.setRetention(rules, now: second(time), uptime: .seconds(time))
        self.rules = rules
        rememberCap()
        ages = Dictionary(
            uniqueKeysWithValues: ["acme", "globex", "a-longer-organization-name", "o"].map {
                organization in
                (organization, rules.age(of: Array(organization.utf8)))
            })
    }

    private mutating func randomAge() -> Duration? {
        Int.random(in: 0..<12, using: &generator) == 0
            ? nil : .seconds(Int.random(in: 3...60, using: &generator))
    }
}
