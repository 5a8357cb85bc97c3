import AuditModel
import AuditService
import Codec
import EventStore

/// Asks a store for pages, inside the process: from a request to the encoded response.
struct Pages {
    let store: EventStore
    /// Of each kind, spread over its requests; after all were asked twice.
    let samples: Int

    private let limits = ServiceLimits()

    func run(_ requests: [PageRequest]) throws {
        var kinds: [String] = []
        for request in requests where !kinds.contains(request.kind) { kinds.append(request.kind) }
        for kind in kinds {
            let queries = requests.filter { $0.kind == kind }.map(\.query)
            var times: [Double] = []
            var events = 0
            for round in -2..<max(1, samples / queries.count) {
                for query in queries {
                    let (seconds, bytes) = try time(query)
                    guard round >= 0 else {
                        if round == -1 { events += try QueryResponse(decoding: bytes).events.count }
                        continue
                    }
                    times.append(seconds * 1e6)
                }
            }
            say(
                "page " + kind, times.percentile(50), times.percentile(99),
                Double(events) / Double(queries.count))
        }
    }

    private func time(_ query: QueryRequest) throws -> (seconds: Double, bytes: [UInt8]) {
        let start = ContinuousClock.now
        let bytes = try PageQuery(store: store, limits: limits).run(
            query, ReadControl(end: start + limits.readTime))
        return ((ContinuousClock.now - start).inSeconds, bytes)
    }
}
