import AuditModel
import Codec
import TestSupport
import Testing

@testable import AuditService
@testable import EventStore

/// Each organization counts its own events, whatever others record and whatever becomes of the store.
struct SequenceBookTests {
    private let disk = SimulatedDisk()
    private let fixture: ServiceFixture

    init() throws {
        fixture = try ServiceFixture(logBytesMax: 8 << 10, on: disk)
    }

    private func record(_ organizations: String..., now: Timestamp? = nil) throws -> [UInt64] {
        let events = organizations.map { Event.sample(organization: $0) }
        let (jobs, _) = fixture.commit([try fixture.prepare(events)], now: now)
        return try jobs[0].outcome.get().map { outcome in
            guard case .stored(let sequence, _) = outcome else { return 0 }
            return sequence.rawValue
        }
    }

    private func newest(_ organization: String) throws -> UInt64 {
        try fixture.sequences.newest(of: Array(organization.utf8)).sequence.rawValue
    }

    /// Forty events of one organization that a sweep is to remove, and forty of another.
    private func expireAcme() throws {
        let old = Timestamp.now.advanced(by: .seconds(-1_000))
        for _ in 0..<40 { _ = try record("acme", now: old) }
        for _ in 0..<40 { _ = try record("beta", now: .now) }
        try fixture.seal()
        try fixture.store.setRetention(
            RetentionRules(standard: .seconds(10)), now: .now, uptime: .sinceStart)
    }

    @Test("dense in each organization, in one request or many")
    func dense() throws {
        #expect(try record("acme", "beta", "acme") == [1, 1, 2])
        #expect(try record("beta", "beta", "acme", "gamma") == [2, 3, 3, 1])
        #expect(try record("acme") == [4])
        // The events say the same.
        let pages = try fixture.pages(QueryRequest(organizationID: "beta", order: .oldestFirst))
        #expect(pages.flatMap(\.events).map(\.sequence.rawValue) == [1, 2, 3])
        let all = try fixture.pages(QueryRequest(order: .oldestFirst)).flatMap(\.events)
        #expect(all.map(\.sequence.rawValue) == Array(1...8))
    }

    @Test("what is refused takes no sequence, in the midst of a request or of a commit")
    func refused() throws {
        _ = fixture.commit([try fixture.prepare([.sample().identified(9)])])
        let conflict = try fixture.prepare([
            .sample(), .sample(organization: "beta"), .sample(),
            .sample(change: "other").identified(9),
        ])
        let good = try fixture.prepare([.sample(), .sample(organization: "beta")])
        let (jobs, _) = fixture.commit([conflict, good, conflict, good])
        #expect(throws: ServiceError.self) { try jobs[0].outcome.get() }
        for (job, sequences) in [(jobs[1], [2, 1]), (jobs[3], [3, 2])] {
            let stored = try job.outcome.get().map { outcome -> UInt64 in
                guard case .stored(let sequence, _) = outcome else { return 0 }
                return sequence.rawValue
            }
            #expect(stored == sequences.map(UInt64.init))
        }
        // Of a part of a request, too.
        let some = try fixture.prepare(
            [.sample(), .sample(change: "other").identified(9), .sample()], partialSuccess: true)
        _ = fixture.commit([some])
        #expect(try newest("acme") == 5)
        #expect(try record("acme") == [6])
    }

    @Test("what could not be written takes no sequence")
    func notWritten() throws {
        #expect(try record("acme") == [1])
        disk.plan = FaultPlan(capacityBytes: 0)
        let large = Event.sample(snapshot: "\"" + String(repeating: "x", count: 6_000) + "\"")
        let (jobs, batch) = fixture.commit([
            try fixture.prepare([large]), try fixture.prepare([large]),
        ])
        #expect(batch == nil)
        #expect(throws: ServiceError.self) { try jobs[0].outcome.get() }
        disk.plan = FaultPlan()
        #expect(try record("acme") == [2])
    }

    @Test(
        "goes on after a restart: from what is not sealed, and from segments",
        arguments: [true, false])
    func restarts(isSealed: Bool) throws {
        for number in 0..<60 { _ = try record("acme", number % 10 == 0 ? "beta" : "acme") }
        if isSealed { try fixture.seal() }
        try fixture.reopen()
        #expect(try newest("acme") == 114)
        #expect(try record("beta", "acme", "gamma") == [7, 115, 1])
        try fixture.reopen()
        #expect(try record("beta", "acme", "gamma") == [8, 116, 2])
    }

    @Test("the last events of an organization are removed, and it goes on where it was")
    func removed() throws {
        let old = Timestamp.now.advanced(by: .seconds(-1_000))
        for _ in 0..<30 { _ = try record("acme", "beta", "beta", now: old) }
        for _ in 0..<30 { _ = try record("gamma", "gamma", now: .now) }
        try fixture.store.setRetention(
            RetentionRules(standard: .seconds(10)), now: .now, uptime: .sinceStart)
        try fixture.seal()
        let report = try fixture.expire()
        #expect(report.files + report.rewritten > 0)
        let book = try SequenceBook(
            store: fixture.store, file: SequenceFile(in: "data", fileSystem: disk))
        #expect(try book.newest(of: Array("beta".utf8)).sequence == Sequence(60))
        try fixture.reopen()
        #expect(try newest("acme") == 30)
        #expect(try record("acme", "beta", "gamma", "delta") == [31, 61, 61, 1])
        // What records again is no concern of the file any more, once it is written anew.
        try fixture.store.setRetention(
            RetentionRules(standard: .seconds(10)), now: .now, uptime: .sinceStart)
        #expect(try newest("beta") == 61)
    }

    @Test("nothing is removed that could not be written down first")
    func removalWaits() throws {
        try expireAcme()
        let first = fixture.store.parts.firstSequence
        disk.plan = FaultPlan(failingStep: disk.steps)
        #expect(throws: StoreError.self) { try fixture.expire() }
        #expect(fixture.store.parts.firstSequence == first)
        disk.plan = FaultPlan()
        #expect(try fixture.expire().files > 0)
        try fixture.reopen()
        #expect(try record("acme", "beta") == [41, 41])
    }

    @Test("what a repair could not save may have been anybody's, and is given to nobody again")
    func lost() throws {
        let old = Timestamp.now.advanced(by: .seconds(-1_000))
        for _ in 0..<5 { _ = try record("short", "seldom", "long", "long", now: old) }
        for _ in 0..<10 { _ = try record("short", "short", "long", "long", now: old) }
        for _ in 0..<60 { _ = try record("long", now: old) }
        // A sweep leaves the rows that a repair would, and here nobody writes down whose they were.
        for _ in 0..<2 {
            try fixture.store.setRetention(
                RetentionRules(
                    ages: [
                        Array("short".utf8): .seconds(10), Array("seldom".utf8): .seconds(10),
                    ]), now: .now, uptime: .sinceStart)
            _ = try fixture.store.expire(now: .now, uptime: .sinceStart)
            try fixture.seal()
        }
        let lost = try fixture.loseHoles(on: disk)
        let last = try #require(lost.last)
        // Those that have events behind it, one that may have had some, one of which nothing is there.
        #expect(try newest("long") == 90)
        #expect(try record("long", "short") == [91, 26])
        #expect(try record("seldom", "new") == [last.rawValue + 1, last.rawValue + 1])
        try fixture.reopen()
        #expect(try newest("seldom") == last.rawValue + 1)
        // Not even once all of it is forgotten.
        try disk.remove("data/LOST")
        try fixture.reopen()
        #expect(try newest("other") == last.rawValue)
    }

    @Test("a removal writes down those that nobody asked for before")
    func removedUnasked() throws {
        try expireAcme()
        let book = try SequenceBook(
            store: fixture.store, file: SequenceFile(in: "data", fileSystem: disk))
        _ = try fixture.store.expire(now: .now, uptime: .sinceStart, before: book.remember)
        #expect(try book.newest(of: Array("acme".utf8)).sequence == Sequence(40))
    }

    @Test("a restored store gives no sequence again, to known organizations and to new ones")
    func restored() throws {
        for _ in 0..<3 { _ = try record("acme", "beta") }
        _ = try fixture.store.snapshot(to: "backup", now: .now)
        // Nobody tells the copy.
        #expect(try record("acme", "gamma") == [4, 1])
        let (store, report) = try EventStore.open(
            StoreConfiguration(
                directory: "backup", terms: EventTerms.extractor, openedAt: .now),
            fileSystem: disk)
        let skipped = try #require(report.restoration?.skipped)
        for _ in 0..<2 {
            // The second time from the file.
            let book = try SequenceBook(
                store: store, file: SequenceFile(in: "backup", fileSystem: disk))
            for organization in ["acme", "beta", "gamma"] {
                #expect(try book.newest(of: Array(organization.utf8)).sequence == skipped.last)
            }
        }
    }

    @Test("a store of before goes on behind its places")
    func upgraded() throws {
        let plain = try ServiceFixture(on: SimulatedDisk())
        // Before, an event said its place.
        for place in UInt64(1)...6 {
            var batch = plain.store.makeBatch(now: .now, events: 1, bytes: 500)
            let organization = Array((place % 2 == 0 ? "acme" : "beta").utf8)
            let event = Event.sample(organization: String(decoding: organization, as: UTF8.self))
            organization.withUnsafeBytes { organization in
                event.encoded().withUnsafeBytes { payload in
                    _ = batch.append(
                        organization: organization, id: EventID(high: 1, low: place),
                        occurredAt: .now, payload: payload, suffixBytesMax: ServerFields.bytesMax
                    ) {
                        ServerFields.write(
                            sequence: Sequence(place), recordedAt: .now, occurredAt: nil, to: $0)
                    }
                }
            }
            _ = try plain.store.append(batch)
        }
        let disk = SimulatedDisk()
        let book = try SequenceBook(
            store: plain.store, file: SequenceFile(in: "data", fileSystem: disk))
        for (organization, newest) in [("acme", 6), ("beta", 5), ("gamma", 6)] {
            #expect(
                try book.newest(of: Array(organization.utf8)).sequence.rawValue == newest)
        }
        let reader = ReaderSequences(
            store: plain.store, book: book, organization: Array("beta".utf8))
        #expect(try reader.event(from: Sequence(2))?.sequence == Sequence(3))
        #expect(try reader.oldest(from: Sequence(1)) == Sequence(1))
    }

    @Test("more organizations than are remembered")
    func forgets() throws {
        let book = try SequenceBook(store: fixture.store, file: nil, organizationsMax: 10)
        var committer = Committer<Int>(store: fixture.store, sequences: book, now: { .now })
        for round in UInt64(1)...5 {
            for number in 0..<25 {
                let request = try fixture.prepare([.sample(organization: "o\(number)")])
                let job = RecordJob(request, ticket: 0)
                _ = committer.commit([job])
                guard case .stored(let sequence, _)? = try job.outcome.get().first else {
                    Issue.record("not stored")
                    return
                }
                #expect(sequence.rawValue == round)
            }
        }
    }

    @Test("the file is read as it is written, and nothing else is")
    func file() throws {
        var ended = EndedSequences()
        ended.skipped = Sequence(7)
        ended.unknown = Sequence(9)
        ended.organizations = [Array("acme".utf8): Sequence(.max), Array("é\"".utf8): Sequence(8)]
        #expect(try EndedSequences(json: ended.json) == ended)
        for text in [
            "", "{}", "[]", #"{"version":2,"skipped":0,"unknown":0,"organizations":[]}"#,
            #"{"version":1,"skipped":-1,"unknown":0,"organizations":[]}"#,
            #"{"version":1,"skipped":1,"organizations":[]}"#,
            #"{"version":1,"skipped":1,"unknown":1}"#,
            #"{"version":1,"skipped":1,"unknown":1,"organizations":[{"id":"acme"}]}"#,
        ] {
            #expect(throws: PolicyFileError.self) { try EndedSequences(json: Array(text.utf8)) }
        }
        try disk.replace("data/sequences.json", with: Array("{".utf8))
        #expect(throws: ServiceError.self) {
            try SequenceBook(
                store: fixture.store, file: SequenceFile(in: "data", fileSystem: disk))
        }
    }
}
