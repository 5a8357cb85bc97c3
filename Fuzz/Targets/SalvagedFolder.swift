import AuditModel
import TestSupport

@testable import EventStore

/// A data folder of files as an input has them, to be repaired.
struct SalvagedFolder {
    let disk = SimulatedDisk()

    init() throws {
        for folder in ["data", "data/log", "data/segments"] {
            _ = try disk.createDirectory(folder)
        }
    }

    /// - Parameter badSectors: a bit for each of the first sectors that the disk does not give.
    func add(_ bytes: [UInt8], as path: String, badSectors: UInt8 = 0) throws {
        _ = try disk.open(path, create: true)
        disk.overwrite(path) { $0 = bytes }
        for number in 0..<8 where badSectors & 1 << number != 0 {
            disk.spoil(path, number * Sector.bytes..<number * Sector.bytes + 1)
        }
    }

    /// What can be read of such a file, zeros in its bad sectors.
    static func readable(_ bytes: [UInt8], badSectors: UInt8) -> [UInt8] {
        var bytes = bytes
        for number in 0..<8 where badSectors & 1 << number != 0 {
            let end = min(bytes.count, (number + 1) * Sector.bytes)
            for offset in min(end, number * Sector.bytes)..<end { bytes[offset] = 0 }
        }
        return bytes
    }

    private static let terms = TermExtractor(version: 1) { _, _ in }

    /// Either the repair refuses, or a start serves the events that can be read and no others, and
    /// another repair finds nothing.
    func expectRepaired(_ events: [ReadEvent]) throws {
        let repair = StoreRepair(
            directory: "data", terms: Self.terms, salt: { 0x5151 }, fileSystem: disk)
        do throws(StoreError) {
            _ = try repair.run(isDryRun: false, label: "T", now: .epoch)
        } catch {
            return
        }
        let store = try EventStore.open(
            StoreConfiguration(directory: "data", terms: Self.terms, salt: { 0x7171 }),
            fileSystem: disk
        ).store
        try promise(try Self.read(store) == events, "other events than could be read")
        store.close()
        let again = try repair.run(isDryRun: true, label: "T", now: .epoch)
        try promise(again.findings.isEmpty, "a repair left \(again.findings)")
    }

    /// Every event, whatever lies between.
    private static func read(_ store: EventStore) throws -> [ReadEvent] {
        var events: [ReadEvent] = []
        var cursor = store.cursor(from: store.bounds.oldest, .forward)
        while true {
            do throws(StoreError) {
                guard let batch = try cursor.next() else { return events }
                events += (0..<batch.count).map { batch.withEvent(at: $0, ReadEvent.init) }
            } catch {
                guard error.damage != nil else { throw error }
            }
        }
    }
}
