import AuditModel
import TestSupport
import Testing

@testable import EventStore

@Suite("Flipped bits")
struct FlipTests {
    /// A store of one segment and one log.
    private func smallStore() throws -> (disk: SimulatedDisk, oracle: StoreOracle) {
        var generator = SeededGenerator(seed: 81)
        let disk = SimulatedDisk()
        var configuration = StoreConfiguration.test()
        configuration.logEventsMax = 12
        let (store, _) = try EventStore.open(configuration, fileSystem: disk)
        var oracle = StoreOracle()
        try fill(
            store, &oracle, frames: 6, eventsMax: 3, payloadBytesMax: 40, using: &generator)
        try fill(
            store, &oracle, frames: 1, startingAt: 10, eventsMax: 12, payloadBytesMax: 40,
            using: &generator)
        #expect(try store.sealAll() == 1)
        store.close()
        return (disk.afterKill(), oracle)
    }

    @Test("each flip in a segment is found by who reads there, served to nobody, and verified")
    func everyByte() throws {
        let (disk, oracle) = try smallStore()
        let path = try #require(segments(disk).first)
        let size = try #require(disk.contents(path)?.count)
        var refused = 0
        var readable = 0
        for offset in 0..<size {
            let flipped = disk.afterKill()
            flipped.overwrite(path) { $0[offset] ^= 1 << UInt8(offset % 8) }
            let verifier = SegmentVerifier(
                SegmentResources(fileSystem: flipped), terms: TermExtractor(version: 1) { _, _ in })
            #expect(!verifier.verify(path).isWhole, "byte \(offset) is not verified")
            let store: EventStore
            do throws(StoreError) {
                store = try EventStore.test(on: flipped).store
            } catch {
                #expect(error.code == .damaged, "byte \(offset)")
                #expect(error.message.contains(path), "byte \(offset)")
                refused += 1
                continue
            }
            if try expectNothingWrong(store, oracle, path, "byte \(offset)") { readable += 1 }
        }
        #expect(refused > 100, "header and footer")
        #expect(readable > size / 4, "a damaged index hides no event")
    }

    /// Whether every event could be read.
    private func expectNothingWrong(
        _ store: EventStore, _ oracle: StoreOracle, _ path: String, _ what: String
    ) throws -> Bool {
        var unreadable: Set<Sequence> = []
        for direction in [Cursor.Direction.forward, .backward] {
            var cursor = store.cursor(
                from: direction == .forward ? Sequence(1) : oracle.head, direction)
            var seen: Set<Sequence> = []
            while true {
                do throws(StoreError) {
                    guard let batch = try cursor.next() else { break }
                    for index in 0..<batch.count {
                        let event = oracle[batch.firstSequence + index]
                        let isSame = batch.withEvent(at: index) { view in
                            view.id == event.id && view.occurredAt == event.occurredAt
                                && view.recordedAt == event.recordedAt
                                && view.payload.elementsEqual(event.payload)
                                && view.organization.elementsEqual(event.organization.utf8)
                        }
                        #expect(isSame, "\(what) is served")
                        seen.insert(batch.firstSequence + index)
                    }
                } catch {
                    let damage = try #require(error.damage, "\(what)")
                    #expect(damage.file == path, "\(what)")
                    var sequence = damage.sequences.first
                    while sequence <= damage.sequences.last {
                        unreadable.insert(sequence)
                        sequence = sequence.next
                    }
                }
            }
            #expect(seen.union(unreadable).count == oracle.events.count, "\(what) is passed over")
        }
        for index in oracle.events.indices {
            let sequence = Sequence(UInt64(index) + 1)
            do throws(StoreError) {
                let found = try StoreOracle.find(oracle[sequence], in: store)
                #expect(found == sequence, "\(what): id of \(sequence)")
            } catch {
                #expect(unreadable.contains(sequence), "\(what): id of \(sequence): \(error)")
            }
        }
        for time in 0..<12 {
            let expected = oracle.events.firstIndex { $0.recordedAt >= second(time) }
            let found = try store.firstSequence(recordedSince: second(time))
            let latest = Sequence(UInt64((expected ?? oracle.events.count) + 1))
            #expect(found <= latest, "\(what): \(found) is the first of second \(time)")
        }
        return unreadable.isEmpty
    }

    @Test("each flip in the log beside it refuses the start, by name")
    func logBytes() throws {
        let (disk, oracle) = try smallStore()
        let path = try #require(logs(disk).last)
        let bytes = try #require(disk.contents(path))
        let end = try #require(bytes.lastIndex { $0 != 0 })
        #expect(oracle.events.count > 6)
        for offset in 0...end {
            let flipped = disk.afterKill()
            flipped.overwrite(path) { $0[offset] ^= 1 << UInt8(offset % 8) }
            let error = #expect(throws: StoreError.self, "byte \(offset)") {
                try EventStore.test(on: flipped)
            }
            #expect(error?.damage?.file == path, "byte \(offset)")
        }
    }
}
