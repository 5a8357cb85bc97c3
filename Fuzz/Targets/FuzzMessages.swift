import Codec

/// A message of any kind: what can be read can be written and read again, and is then the same.
///
/// Input: which message, and its bytes.
@Sendable
func fuzzMessages(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let type = types[Int(input.byte()) % types.count]
    try check(type, input.rest)
    if let index = try? DescriptorIndex(fileDescriptorSet: input.rest) {
        for file in index.files.indices { _ = index.closure(of: file) }
    }
}

// New ones at the end, so that the corpus keeps its meaning.
private let types: [any WireMessage.Type] = [
    Event.self, RecordRequest.self, RecordResponse.self, QueryRequest.self, QueryResponse.self,
    SubscribeRequest.self, SubscribeResponse.self, GetEventRequest.self, GetEventResponse.self,
    ListFacetsRequest.self, ListFacetsResponse.self, GetStatusRequest.self,
    GetStatusResponse.self, StatusDetails.self, HealthCheckRequest.self,
    HealthCheckResponse.self, HealthListRequest.self, HealthListResponse.self,
    ReflectionRequest.self, ReflectionResponse.self, GetRetentionRequest.self,
    GetRetentionResponse.self, ListRetentionRequest.self, ListRetentionResponse.self,
    SetRetentionRequest.self, SetRetentionResponse.self, CreateSnapshotRequest.self,
    CreateSnapshotResponse.self, HistogramRequest.self, HistogramResponse.self,
    GetCallerRequest.self, GetCallerResponse.self,
]

private func check<Message: WireMessage>(
    _ type: Message.Type, _ bytes: UnsafeRawBufferPointer
) throws {
    guard let message = try? Message(decoding: bytes) else { return }
    let encoded = message.encoded()
    let again = try Message(decoding: encoded)
    try promise(again == message, "\(message) became \(again)")
    try promise(again.encoded() == encoded, "the bytes of \(message) are not canonical")
}
