import AuditModel
import Codec

@testable import AuditGateway

/// What a request over HTTP says: the parameters of its address, and a body that records.
///
/// Input: how many bytes are the parameters, those, and the body.
@Sendable
func fuzzHTTPRequest(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let query = String(decoding: input.take(Int(input.byte())), as: UTF8.self)
    try checkParameters(query)
    guard let request = try? RecordRequest(json: Array(input.rest)) else { return }
    try promise(!request.events.isEmpty, "a request without events was taken")
    // What the service is sent is what it reads, unless it refuses it.
    if let read = try? RecordRequest(decoding: request.encoded()) {
        try promise(read.encoded() == request.encoded(), "\(request) became \(read)")
    }
}

private func checkParameters(_ query: String) throws {
    let now = Timestamp(nanosecondsSinceEpoch: 1_700_000_000_000_000_000)
    guard var parameters = try? RequestParameters(query) else { return }
    guard let subscription = try? parameters.takeSubscription(lastEventID: nil, now: now),
        (try? parameters.finish()) != nil
    else { return }
    // Each parameter was taken once: nothing of the address was left out.
    var again = try RequestParameters(query)
    let (organizationID, filter) = try again.takeFilter(now: now)
    try promise(
        organizationID == subscription.organizationID && filter == subscription.filter,
        "\(query) has two meanings")
}
