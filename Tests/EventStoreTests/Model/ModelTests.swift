import Foundation
import TestSupport
import Testing

/// Random operations and crashes against a plain model. `make soak` runs it for long with new seeds;
/// `AUDITRPC_SEED=N` runs one again.
@Suite("The model")
struct ModelTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static let seeds: [UInt64] =
        environment["AUDITRPC_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? Array(1...20)

    /// What the soak found, and the crashes that it took. They watch over the disk of the model, which mixed writes in
    /// a sector; that the store writes its end marks last, `FaultTests.pieces` shows.
    private static let found: [(seed: UInt64, crashes: Int)] = [
        // A power cut in the midst of a frame that the disk took in pieces.
        (6_075_287_592_433_900_968, 180),
        // A frame that a start wrote again in pieces: memory had all of each sector.
        (18_302_654_528_387_334_895, 40),
    ]

    private func run(seed: UInt64, crashes: Int) -> [String: Int] {
        var model = ModelStore(seed: seed)
        do {
            try model.run(crashes: crashes)
        } catch {
            Issue.record("AUDITRPC_SEED=\(seed): crash \(model.crashes): \(error)")
        }
        return model.counts
    }

    @Test("agrees with the store over crashes at any step")
    func crashes() {
        var counts: [String: Int] = [:]
        // One that the soak found may need as many as the soak runs.
        let crashes = Self.environment["AUDITRPC_SEED"] == nil ? 100 : 500
        for seed in Self.seeds { counts.merge(run(seed: seed, crashes: crashes)) { $0 + $1 } }
        // A run in which nothing happens proves nothing.
        for what in [
            "append", "find", "seal", "expire", "retention", "removed", "rewritten", "snapshots",
            "restored", "drop", "dropped", "held", "reindexed",
        ] {
            #expect(counts[what] ?? 0 > 20, "\(what): \(counts)")
        }
    }

    @Test("agrees where it did not once")
    func regressions() {
        for found in Self.found {
            let counts = run(seed: found.seed, crashes: found.crashes)
            #expect(counts["start"] == found.crashes, "\(counts)")
        }
    }

    @Test(
        "agrees for long",
        .enabled(if: environment["AUDITRPC_SOAK_SECONDS"] != nil, "make soak runs it"))
    func soak() {
        let seconds = Self.environment["AUDITRPC_SOAK_SECONDS"].flatMap { Double($0) } ?? 60
        let end = Date(timeIntervalSinceNow: seconds)
        var crashes = 0
        while Date() < end {
            _ = run(seed: .random(in: 0...UInt64.max), crashes: 500)
            crashes += 500
        }
        print("\(crashes) crashes")
    }
}
