import AuditModel
import AuditService
import Codec
import EventStore

/// Asks a store for pages, inside the process: from a request to the encoded response.
struct Pages {
    let store: EventStore
    let sequences: SequenceBook
    /// Of each kind, spread over its requests; after all were asked twice.
    let samples: Int

    private let limits = ServiceLimits()
    /// A histogram looks at all events and is asked for less often.
    private static let pagesPerHistogram = 50

    func run(_ requests: [PageRequest]) throws {
        var kinds: [String] = []
        for request in requests where !kinds.contains(request.kind) { kinds.append(request.kind) }
        for kind in kinds {
            let queries = requests.filter { $0.kind == kind }
            let samples = queries[0].isHistogram ? samples / Self.pagesPerHistogram : samples
            var times: [Double] = []
            var events = 0
            for round in -2..<max(1, samples / queries.count) {
                for query in queries {
                    let (seconds, bytes) = try time(query)
                    guard round >= 0 else {
                        if round == -1 { events += try count(query, bytes) }
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

    private func time(_ request: PageRequest) throws -> (seconds: Double, bytes: [UInt8]) {
        let start = ContinuousClock.now
        let control = ReadControl(end: start + limits.readTime)
        let bytes =
            try request.isHistogram
            ? HistogramCount(store: store, sequences: sequences, limits: limits)
                .run(request.histogram, now: SampleEvents.start, control).encoded()
            : PageQuery(store: store, sequences: sequences, limits: limits).run(
                request.query, control)
        return ((ContinuousClock.now - start).inSeconds, bytes)
    }

    /// Events of an answer.
    private func count(_ request: PageRequest, _ bytes: [UInt8]) throws -> Int {
        guard request.isHistogram else { return try QueryResponse(decoding: bytes).events.count }
        let answer = try HistogramResponse(decoding: bytes)
        guard answer.complete, answer.series.count > 1 else { fail("a histogram is not whole") }
        return Int(answer.totalCount)
    }
}
