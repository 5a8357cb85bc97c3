import AuditModel
import AuditService
import EventStore
import Glibc

/// The store of AuditRPC, measured inside one process as `Benchmarks/store.py` asks; SQLite and PostgreSQL are
/// measured by the programs of `Benchmarks/Search` over the same files.
///
/// Prints lines of a name and its values.
let usage = """
    usage: StoreBench make-events EVENTS REQUESTS COUNT
           StoreBench ingest FOLDER EVENTS BATCH [LOG_EVENTS]
           StoreBench search FOLDER REQUESTS SAMPLES
           StoreBench open FOLDER
           StoreBench expire FOLDER COUNT
    """

func open(
    _ folder: String, retention: RetentionRules = RetentionRules()
) throws -> EventStore {
    let processor = processorSeconds()
    let start = ContinuousClock.now
    let (store, report) = try EventStore.open(
        StoreConfiguration(
            directory: folder, terms: EventTerms.extractor, logAgeMax: nil, retention: retention))
    say("open-seconds", (ContinuousClock.now - start).inSeconds)
    say("open-processor-seconds", processorSeconds() - processor)
    say("segments", Double(report.segments))
    return store
}

func makeEvents(_ path: String, _ requestsPath: String, count: Int) {
    var events = SampleEvents(count: count, seed: 1)
    var choice = RequestChoice()
    var file = OutputFile(path)
    var bytes = 0
    while let (draw, record) = events.next() {
        choice.add(draw)
        bytes += record.texts[EventRecord.textCount - 1].count
        record.append(to: &file.bytes)
        file.flushIfFull()
    }
    file.flush()
    var requests = OutputFile(requestsPath)
    for request in choice.requests() { requests.bytes += request.line.utf8 }
    requests.flush()
    say("event-bytes", Double(bytes) / Double(max(1, count)))
}

/// The first sequences of the segments, ascending.
func segmentStarts(of folder: String) -> [Sequence] {
    guard let directory = opendir(folder + "/segments") else { fail("no segments in \(folder)") }
    defer { closedir(directory) }
    var starts: [Sequence] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if let start = SegmentName.firstSequence(of: name) { starts.append(start) }
    }
    return starts.sorted()
}

/// Removes the first whole segments, of about so many events, by a sweep whose clock says that just they
/// are too old.
func expire(_ folder: String, count: Int) throws {
    let age = Duration.seconds(86_400)
    let store = try open(folder, retention: RetentionRules(standard: age))
    defer { store.close() }
    let starts = segmentStarts(of: folder)
    guard let stays = starts.first(where: { $0.rawValue >= starts[0].rawValue + UInt64(count) })
    else { fail("there are not more than \(count) events") }
    guard let last = try store.read(stays)?.batch.recordedAt else {
        fail("the first event of a segment cannot be read")
    }
    let processor = processorSeconds()
    let start = ContinuousClock.now
    let report = try store.expire(now: last.advanced(by: age), uptime: .zero)
    say("expire-processor-seconds", processorSeconds() - processor)
    say("expire-seconds", (ContinuousClock.now - start).inSeconds)
    say("expired-events", Double(report.events))
    say("expired-files", Double(report.files))
}

func run(_ arguments: [String]) throws {
    func number(_ index: Int) -> Int {
        guard index < arguments.count, let number = Int(arguments[index]), number > 0 else {
            fail(usage)
        }
        return number
    }
    switch (arguments.first, arguments.count) {
    case ("make-events", 4):
        makeEvents(arguments[1], arguments[2], count: number(3))
    case ("ingest", 4), ("ingest", 5):
        var ingest = Ingest(folder: arguments[1], batchEvents: number(3))
        if arguments.count == 5 { ingest.logEventsMax = number(4) }
        try ingest.run(arguments[2])
    case ("search", 4):
        let store = try open(arguments[1])
        try Pages(store: store, sequences: SequenceBook(store: store), samples: number(3)).run(
            PageRequest.read(arguments[2]))
        say("resident-bytes", residentBytes())
        store.close()
    case ("open", 2):
        try open(arguments[1]).close()
        say("resident-bytes", residentBytes())
    case ("expire", 3):
        try expire(arguments[1], count: number(2))
    default:
        fail(usage)
    }
}

do {
    try run(Array(CommandLine.arguments.dropFirst()))
} catch {
    fail("\(error)")
}
