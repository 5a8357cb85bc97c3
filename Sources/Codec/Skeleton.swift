package import AuditModel

extension WireMessage {
    fileprivate static var unread: CodecError { .malformed("no codec") }
}
extension StatusDetails: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension Event: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension RecordRequest: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension RecordResponse: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension QueryRequest: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension QueryResponse: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension SubscribeRequest: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension SubscribeResponse: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension GetEventRequest: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension GetEventResponse: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension ListFacetsRequest: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension ListFacetsResponse: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension GetStatusRequest: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}
extension GetStatusResponse: WireMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) { throw Self.unread }
    public func encoded() -> [UInt8] { [] }
}

extension EventFilter {
    /// Checks the limits of filter.proto; violations are named `path.field[index]`.
    package func validate(path: String = "filter") throws(CodecError) {}
}

/// Reads a Record request: decodes, checks every limit of the contract and makes the canonical bytes.
package enum RecordDecoder {
    /// - Parameters:
    ///   - now: the server's clock, for the limit on occurred_at.
    ///   - makeID: called once for each event that brings no id.
    /// - Throws: `.malformed`, or `.invalid` with the fields' names (of single events only without partial_success).
    package static func decode(
        _ message: UnsafeRawBufferPointer, now: Timestamp, makeID: () -> EventID
    ) throws(CodecError) -> PreparedRequest {
        throw .malformed("no codec")
    }
}

/// Compares what a filter narrows with events as they are stored, in one pass and without allocation.
package struct CompiledFilter: Hashable, Sendable {
    /// Nil `organization` matches all of them. The filter has passed `validate`.
    package init(_ filter: EventFilter, organization: [UInt8]?) { self.organization = organization }

    /// Nil matches every organization.
    package let organization: [UInt8]?

    /// Lets every event pass (of its organization).
    package var isUnfiltered: Bool { true }

    package func matches(_ event: EventView) -> Bool { true }
}

/// Visits the values of an event that a filter can name.
package enum IndexTerms {
    package struct Term {
        package var field: FacetField
        /// Of a target id and a scope: the type of the resource. Empty for the other fields.
        package var type: UnsafeRawBufferPointer
        /// As a filter takes it; never empty. Of an enumeration its short name.
        package var value: UnsafeRawBufferPointer
        /// What people call it; may be empty.
        package var name: UnsafeRawBufferPointer
    }

    /// Calls `body` for each; the pointers must not outlive the call.
    package static func visit(_ payload: UnsafeRawBufferPointer, _ body: (Term) -> Void) {}
}

/// The single fields of a stored event, as slices of its payload.
package struct EventFields {
    package var organization: UnsafeRawBufferPointer
    package var targetType: UnsafeRawBufferPointer
    package var targetID: UnsafeRawBufferPointer
    package var snapshot: UnsafeRawBufferPointer

    package init(_ payload: UnsafeRawBufferPointer) {
        (organization, targetType, targetID, snapshot) = (payload, payload, payload, payload)
    }
}

/// Where a query goes on, bound to the query.
package struct PageToken: Hashable, Sendable {
    /// The next sequence to look at, in the query's order.
    package var next: Sequence
    /// The head when the query began: what is recorded later is not part of it.
    package var head: Sequence

    package init(next: Sequence, head: Sequence) {
        self.next = next
        self.head = head
    }

    /// - Throws: `.invalid` naming `page_token` when it is not one of this query's.
    package init(_ text: String, of query: QueryRequest) throws(CodecError) {
        throw .malformed("no codec")
    }

    package func text(for query: QueryRequest) -> String { "" }
}

/// Writes a `RecordResponse`.
package struct RecordResponseWriter {
    package init(count: Int) {}

    package mutating func append(
        id: EventID, sequence: Sequence, recordedAt: Timestamp, duplicate: Bool
    ) {}
    /// An event that was not stored. Nil `id` when it brought none that could be read.
    package mutating func append(error: StatusDetails, id: EventID?) {}
    package consuming func finish() -> [UInt8] { [] }
}

/// Writes a `QueryResponse` around stored payloads.
package struct QueryResponseWriter {
    package private(set) var count = 0
    package init() {}

    /// The greatest size of the message if an event of `payloadBytes` were appended and the page then finished.
    package func bytesMax(appending payloadBytes: Int) -> Int { 0 }
    package mutating func append(_ payload: UnsafeRawBufferPointer) {}
    package consuming func finish(
        nextPageToken: String, scannedThrough: Sequence, oldest: Sequence,
        unreadable: [SequenceRange]
    ) -> [UInt8] { [] }
}

/// Writes a `SubscribeResponse.events` around stored payloads.
package struct EventsMessageWriter {
    package private(set) var count = 0
    package init() {}

    /// The size of the message if an event of `payloadBytes` were appended.
    package func bytesMax(appending payloadBytes: Int) -> Int { 0 }
    package mutating func append(_ payload: UnsafeRawBufferPointer) {}
    package consuming func finish() -> [UInt8] { [] }
}

package enum GetEventResponseWriter {
    package static func encode(
        event: UnsafeRawBufferPointer, previous: UnsafeRawBufferPointer?,
        differences: [JSONDifference], previousUnknown: Bool
    ) -> [UInt8] { [] }
}

extension JSONDifference {
    /// Of two JSON texts; an empty one stands for no value. Applied to `before` they give `after`.
    public static func between(_ before: [UInt8], _ after: [UInt8]) -> [JSONDifference] { [] }
}

/// What can be done with JSON text without reading it into values.
package enum JSONText {
    /// Without white space between its tokens, on one line.
    package static func compact(_ text: [UInt8]) -> [UInt8] { text }
    /// On many lines, indented by two spaces.
    package static func pretty(_ text: [UInt8]) -> [UInt8] { text }
}

extension Event {
    /// The JSON view on one line: field names of the contract, RFC 3339 times, short enumeration names, the snapshot
    /// embedded. Unset fields are left out.
    public func json() -> [UInt8] { [] }
    /// Reads the JSON view; an unknown key is refused by its name.
    public init(json: [UInt8]) throws(CodecError) { throw .malformed("no codec") }
}
extension Facet { public func json() -> [UInt8] { [] } }
extension GetStatusResponse { public func json() -> [UInt8] { [] } }
extension GetEventResponse { public func json() -> [UInt8] { [] } }
extension RecordResult { public func json() -> [UInt8] { [] } }
