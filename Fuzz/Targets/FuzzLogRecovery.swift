import AuditModel
import TestSupport

@testable import EventStore

/// The files of a log as a start finds them. Either the start refuses and changes nothing, or every
/// event can be read, and again after the next start, also behind one more.
///
/// Input: what to repair, where the second file begins, and the bytes of both. Checksums would end
/// nearly every input at once; those that are repaired reach what lies behind them.
@Sendable
func fuzzLogRecovery(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let checksums = LogChecksums(rawValue: input.byte())
    let split = Int(input.byte()) << 8 | Int(input.byte())
    var files = [Array(input.rest)]
    if split > 0, split < files[0].count {
        files = [Array(files[0][..<split]), Array(files[0][split...])]
    }
    let disk = try makeDisk(files.map { checksums.repaired($0) })
    let before = disk.paths.map { disk.contents($0) }
    let store: EventStore
    do throws(StoreError) {
        store = try open(disk)
    } catch {
        try promise(
            disk.paths.filter { !$0.hasSuffix("LOCK") }.map { disk.contents($0) } == before,
            "a start that was refused changed the files: \(error)")
        return
    }
    let events = try read(store)
    try promise(events.count == store.bounds.events, "\(store.bounds) with \(events.count) events")
    store.close()

    let again = try open(disk.afterKill())
    try promise(try read(again) == events, "a second start finds other events")
    guard again.bounds.head < Sequence(1 << 62) else { return }
    let added = StoreOracle.Stored(
        organization: "acme", id: EventID(high: 1, low: 2), occurredAt: .epoch, payload: [1])
    let head = again.bounds.head
    try again.store([added], now: .epoch)
    try promise(again.bounds.head == head.next, "the next event is not behind the last")
    let all = try read(again)
    try promise(all.count == events.count + 1 && all.starts(with: events), "an event was lost")
}

private func open(_ disk: SimulatedDisk) throws(StoreError) -> EventStore {
    let configuration = StoreConfiguration(
        directory: "data", terms: TermExtractor(version: 1) { _, _ in }, logBytesMax: 64 * 1024,
        salt: { 0x1234_5678_9ABC_DEF0 })
    return try EventStore.open(configuration, fileSystem: disk).store
}

/// Each file has the name that its header says.
private func makeDisk(_ files: [[UInt8]]) throws -> SimulatedDisk {
    let disk = SimulatedDisk()
    _ = try disk.createDirectory("data")
    _ = try disk.createDirectory("data/log")
    for file in files {
        let first = file.count >= LogHeader.bytes ? file.littleEndian(at: 16) : 1
        let path = "data/log/" + LogName.of(Sequence(first))
        guard disk.contents(path) == nil else { continue }
        _ = try disk.open(path, create: true)
        disk.overwrite(path) { $0 = file }
    }
    return disk
}

/// Every event, read forward; and the other ways to each of them.
private func read(_ store: EventStore) throws -> [ReadEvent] {
    var events: [ReadEvent] = []
    let bounds = store.bounds
    var cursor = store.cursor(from: bounds.oldest, .forward)
    var expected = bounds.oldest
    while let batch = try cursor.next() {
        try promise(batch.firstSequence == expected, "\(batch.firstSequence), not \(expected)")
        events += (0..<batch.count).map { batch.withEvent(at: $0, ReadEvent.init) }
        expected = batch.lastSequence.next
    }
    var backward = store.cursor(from: bounds.head, .backward)
    var count = 0
    while let batch = try backward.next() { count += batch.count }
    try promise(count == events.count, "\(count) events backward, \(events.count) forward")
    for (index, event) in events.enumerated() {
        let sequence = bounds.oldest + index
        guard let found = try store.read(sequence) else {
            throw BrokenPromise(description: "\(sequence) is not there")
        }
        let read = found.batch.withEvent(at: found.index, ReadEvent.init)
        try promise(read == event, "\(sequence) is another event")
        let isFound = try event.organization.withUnsafeBytes {
            try store.find(organization: $0, id: event.id) != nil
        }
        try promise(isFound, "\(sequence) is not found by its id")
    }
    return events
}
