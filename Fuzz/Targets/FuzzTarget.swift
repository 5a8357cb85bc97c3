/// Something that takes bytes from outside, and must do no harm whatever they are.
struct FuzzTarget: Sendable {
    /// Also of its folder in Fuzz/Corpus.
    let name: String
    /// Throws when what was promised did not hold. A trap, a leak or a read out of bounds is found by
    /// the sanitizers instead.
    let run: @Sendable (UnsafeRawBufferPointer) throws -> Void

    static let all = [
        FuzzTarget(name: "server-connection", run: fuzzServerConnection),
        FuzzTarget(name: "client-connection", run: fuzzClientConnection),
        FuzzTarget(name: "deframer", run: fuzzDeframer),
        FuzzTarget(name: "header-fields", run: fuzzHeaderFields),
        FuzzTarget(name: "header-texts", run: fuzzHeaderTexts),
        FuzzTarget(name: "messages", run: fuzzMessages),
        FuzzTarget(name: "record-request", run: fuzzRecordRequest),
        FuzzTarget(name: "json", run: fuzzJSON),
        FuzzTarget(name: "http-request", run: fuzzHTTPRequest),
        FuzzTarget(name: "page-token", run: fuzzPageToken),
        FuzzTarget(name: "certificate", run: fuzzCertificate),
        FuzzTarget(name: "jwt", run: fuzzJWT),
        FuzzTarget(name: "log-recovery", run: fuzzLogRecovery),
        FuzzTarget(name: "log-salvage", run: fuzzLogSalvage),
        FuzzTarget(name: "segment-salvage", run: fuzzSegmentSalvage),
        FuzzTarget(name: "event-block", run: fuzzEventBlock),
    ]
}

/// What was promised and did not hold.
struct BrokenPromise: Error, CustomStringConvertible {
    var description: String
}

/// Throws unless `condition` holds.
func promise(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw BrokenPromise(description: what()) }
}
