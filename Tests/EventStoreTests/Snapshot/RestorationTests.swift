import AuditModel
import TestSupport
import Testing

@testable import EventStore

/// Which sequence a restored store begins with, whatever the clock says.
@Suite("The sequences that a restored store skips")
struct RestorationTests {
    private static let microsecond: Int64 = 1000

    private func time(microseconds: Int64) -> Timestamp {
        Timestamp(
            nanosecondsSinceEpoch: Limits.clockSequenceEpoch + microseconds * Self.microsecond)
    }

    @Test("are a fixed number, when the clock must be wrong")
    func fixedDistance() {
        let taken = time(microseconds: 1_000_000)
        for head: UInt64 in [0, 1, 999, 1000, 5_000_000_000] {
            for now in [
                Timestamp.epoch, Timestamp(nanosecondsSinceEpoch: .min),
                time(microseconds: 999_999),
            ] {
                let next = Restoration.next(behind: Sequence(head), createdAt: taken, at: now)
                let least = max(head, 2_000_000)
                #expect(next.rawValue > least + 1_000_000_000_000)
                #expect(next.rawValue < least + 1_000_000_002_000)
                #expect(next.rawValue % 1000 == 1)
            }
        }
        // Behind what was given out.
        let head = Sequence(10_000_000)
        #expect(
            Restoration.next(behind: head, createdAt: taken, at: taken) > head + 1_000_000_000_000)
        #expect(!Restoration.isTrusted(taken, head: head, createdAt: taken))
    }

    @Test("end above whatever can have been given out by the clock")
    func clock() {
        // A year, at two events a microsecond.
        let year: Int64 = 365 * 86_400 * 1_000_000
        let next = Restoration.next(
            behind: Sequence(5), createdAt: .epoch, at: time(microseconds: year))
        #expect(next.rawValue > UInt64(year) * 2)
        #expect(next.rawValue < UInt64(year) * 2 + 2000)
        #expect(next.rawValue % 1000 == 1)
        // As late as a clock goes, nothing overflows.
        let end = Timestamp(nanosecondsSinceEpoch: .max)
        #expect(Restoration.next(behind: Sequence(5), createdAt: .epoch, at: end) > next)
        #expect(Restoration.next(behind: next, createdAt: end, at: .epoch) > next)
    }

    /// Stores that are restored from each other's snapshots, older and newer ones, in any order, and
    /// record as fast as they may.
    @Test("never hold a sequence twice, whichever snapshots are restored in whatever order")
    func lineages() throws {
        for seed in 1...200 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var now: Int64 = 10_000_000_000_000
            var head = Sequence(UInt64.random(in: 0..<1_000_000, using: &generator))
            var snapshots = [(head: head, takenAt: now)]
            var given: [SequenceRange] = [SequenceRange(first: Sequence(1), last: head.next)]
            for _ in 0..<30 {
                // A start takes more than a millisecond.
                now += Int64.random(in: 1_000...10_000_000_000, using: &generator)
                let snapshot = snapshots.randomElement(using: &generator)!
                let next = Restoration.next(
                    behind: snapshot.head, createdAt: time(microseconds: snapshot.takenAt),
                    at: time(microseconds: now))
                let lives = Int64.random(in: 0..<1_000_000_000, using: &generator)
                let events = Int(lives) * 2
                if Bool.random(using: &generator) {
                    let moment = Int64.random(in: 0...lives, using: &generator)
                    snapshots.append((next.previous + Int(moment) * 2, now + moment))
                }
                now += lives
                head = next.previous + events
                guard events > 0 else { continue }
                let own = SequenceRange(first: next, last: head)
                let twice = given.first { $0.last >= own.first && $0.first <= own.last }
                #expect(twice == nil, "seed \(seed): \(own) and \(String(describing: twice))")
                given.append(own)
            }
        }
    }
}
