import AuditModel
import EventStore
import TestSupport
import Testing

extension StoreRepair {
    static func test(on disk: SimulatedDisk, in directory: String = "data") -> StoreRepair {
        StoreRepair(
            directory: directory, terms: ModelEvent.extractor, salt: { 0x5151_5151 },
            fileSystem: disk)
    }

    func run(isDryRun: Bool = false) throws(StoreError) -> Report {
        try run(isDryRun: isDryRun, label: "T", now: second(1_000))
    }
}

/// What a repaired store must be: everything that was stored but for the ranges that were named, byte
/// for byte, and nothing else; what was lost is told to whoever reads over it, and nobody gets its
/// sequences again.
func repairDifference(
    _ store: EventStore, _ oracle: StoreOracle, lost: [SequenceRange]
) throws(StoreError) -> String? {
    func isLost(_ sequence: Sequence) -> Bool { lost.contains { $0.contains(sequence) } }
    guard store.bounds.head >= oracle.head else { return "the head went back" }
    for direction in [Cursor.Direction.forward, .backward] {
        var seen: Set<Sequence> = []
        var told: Set<Sequence> = []
        var cursor = store.cursor(
            from: direction == .forward ? Sequence(1) : store.bounds.head, direction)
        while true {
            do throws(StoreError) {
                guard let batch = try cursor.next() else { break }
                for index in 0..<batch.count {
                    let sequence = batch.firstSequence + index
                    guard sequence <= oracle.head, batch.isStored(index, oracle[sequence]) else {
                        return "\(sequence) is served and was never stored"
                    }
                    guard seen.insert(sequence).inserted else { return "\(sequence) comes twice" }
                }
            } catch {
                guard let range = error.damage?.sequences else { throw error }
                var sequence = max(range.first, store.bounds.oldest)
                while sequence <= min(range.last, oracle.head) {
                    told.insert(sequence)
                    sequence = sequence.next
                }
            }
        }
        for number in oracle.events.indices {
            let sequence = Sequence(UInt64(number) + 1)
            if isLost(sequence) {
                if seen.contains(sequence) { return "\(sequence) was named and is there" }
                if sequence >= store.bounds.oldest, !told.contains(sequence) {
                    return "\(sequence) is lost and passed in silence (\(direction))"
                }
            } else if !seen.contains(sequence) {
                return "\(sequence) is gone and was not named"
            }
        }
    }
    for number in oracle.events.indices {
        let sequence = Sequence(UInt64(number) + 1)
        guard !isLost(sequence) else { continue }
        guard try StoreOracle.find(oracle[sequence], in: store) == sequence else {
            return "\(sequence) is not found by its id"
        }
    }
    return nil
}

extension EventBatch {
    fileprivate func isStored(_ index: Int, _ event: StoreOracle.Stored) -> Bool {
        withEvent(at: index) { view in
            view.id == event.id && view.occurredAt == event.occurredAt
                && view.recordedAt == event.recordedAt
                && view.payload.elementsEqual(event.payload)
                && view.organization.elementsEqual(event.organization.utf8)
        }
    }
}

/// Repairs, opens, and compares; gives the ranges that were lost. The repaired store takes events, and
/// another repair finds nothing.
@discardableResult
func expectRepaired(
    _ disk: SimulatedDisk, _ oracle: StoreOracle, _ what: String = ""
) throws -> StoreRepair.Report {
    let report = try StoreRepair.test(on: disk).run()
    try expectSound(disk, oracle, lost: report.lost, what)
    return report
}

func expectSound(
    _ disk: SimulatedDisk, _ oracle: StoreOracle, lost: [SequenceRange], _ what: String = ""
) throws {
    do {
        let (store, _) = try EventStore.test(on: disk)
        let difference = try repairDifference(store, oracle, lost: lost)
        #expect(difference == nil, "\(what)")
        var generator = SeededGenerator(seed: 1)
        let head = store.bounds.head
        let batch = try store.store(
            StoreOracle.Stored.random(count: 2, using: &generator), now: second(2_000))
        #expect(batch.firstSequence == head.next, "\(what)")
        try store.sealAll()
        store.close()
    }
    let again = try StoreRepair.test(on: disk).run()
    #expect(again.findings.isEmpty && again.folder == nil, "\(what): \(again.findings)")
}
