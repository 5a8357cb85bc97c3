@testable import AuditRPC

/// Header fields of a request and of a response: what they mean, and the metadata that is left.
///
/// Input: one field after the other, its name (its length, or one of the known ones) and its value
/// with its length.
@Sendable
func fuzzHeaderFields(_ bytes: UnsafeRawBufferPointer) throws {
    let fields = readFields(bytes)
    var request = RequestHead()
    var response = ResponseHead()
    var gatherer = MetadataGatherer()
    var expected: [Field] = []
    for field in fields {
        field.withBytes { name, value in
            response.receive(name: name, value: value, listBytesMax: listBytesMax)
            guard request.receive(name: name, value: value, listBytesMax: listBytesMax) else {
                return
            }
            gatherer.append(name: name, value: value)
            expected.append(field)
        }
    }
    let metadata = gatherer.take()
    try promise(read(metadata) == expected, "metadata \(read(metadata)) of fields \(expected)")
    try checkGatherer(&gatherer, metadata, expected)
    try checkSendable(metadata)
    _ = request.refusal(unknownMethod: { nil }, limits: RPCLimits())
    _ = (response.refusal, response.status)
    for field in expected {
        let name = String(decoding: field.name, as: UTF8.self)
        _ = (metadata[name], metadata.values(named: name), metadata.allBytes(named: name))
    }
}

private let listBytesMax = 2_048

private let knownNames = [
    ":method", ":path", ":scheme", ":authority", ":status", "te", "content-type", "user-agent",
    "grpc-timeout", "grpc-encoding", "grpc-accept-encoding", "grpc-status", "grpc-message",
    "grpc-status-details-bin", "trace-bin", "x-text",
].map { Array($0.utf8) }

private struct Field: Equatable {
    var name: [UInt8]
    var value: [UInt8]

    func withBytes(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
        name.withUnsafeBytes { name in value.withUnsafeBytes { body(name, $0) } }
    }
}

private func readFields(_ bytes: UnsafeRawBufferPointer) -> [Field] {
    var input = FuzzInput(bytes)
    var fields: [Field] = []
    while !input.isEmpty {
        let choice = Int(input.byte())
        let name =
            choice < knownNames.count
            ? knownNames[choice] : Array(input.take(choice - knownNames.count))
        fields.append(Field(name: name, value: Array(input.take(Int(input.byte())))))
    }
    return fields
}

private func read(_ metadata: RPCMetadata) -> [Field] {
    var fields: [Field] = []
    metadata.visit { fields.append(Field(name: Array($0), value: Array($1))) }
    return fields
}

/// The next request has the same fields, or one less, or none.
private func checkGatherer(
    _ gatherer: inout MetadataGatherer, _ metadata: RPCMetadata, _ fields: [Field]
) throws {
    for wanted in [fields, Array(fields.dropLast()), []] {
        for field in wanted { field.withBytes { gatherer.append(name: $0, value: $1) } }
        try promise(read(gatherer.take()) == wanted, "a request got the metadata of another")
    }
    try promise(read(metadata) == fields, "the metadata of a request changed after it")
}

/// What may be sent may be sent again as it is, and what was left out is told of.
private func checkSendable(_ metadata: RPCMetadata) throws {
    var sent = RPCMetadata()
    let refused = sent.fields.append(sendable: metadata)
    try promise((refused == nil) == (read(sent).count == read(metadata).count), "\(metadata)")
    var again = RPCMetadata()
    let refusedAgain = again.fields.append(sendable: sent)
    try promise(refusedAgain == nil, "\(refusedAgain.map(String.init(describing:)) ?? "")")
    try promise(again == sent, "what was sent changes when it is sent again")
}
