import AuditModel
import CAuditProto
import CProtobufC

extension QueryRequest: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.QueryRequest" }

    init(_ message: Auditrpc__V1__QueryRequest, _ check: inout FieldCheck) {
        organizationID = check.organization(message.organization_id)
        filter = check.filter(message.filter)
        order = check.enumeration(Order.self, message.order.rawValue, "order") ?? .unspecified
        pageSize = message.page_size
        pageToken = ""
        if pageSize < 0 {
            check.refuse("page_size", "is negative (\(message.page_size)); 0 means 100")
        }
        if message.page_token.len > Limits.pageTokenBytesMax {
            check.refuse(
                "page_token", tooLong(message.page_token.len, Limits.pageTokenBytesMax))
        } else {
            pageToken = check.string(message.page_token, "page_token")
        }
    }

    func write(to message: inout Auditrpc__V1__QueryRequest, in arena: borrowing Arena) {
        message.organization_id = arena.copy(organizationID)
        message.filter = arena.filter(filter)
        message.order = Auditrpc__V1__Order(UInt32(bitPattern: order.rawValue))
        message.page_size = pageSize
        message.page_token = arena.copy(pageToken)
    }
}

extension QueryResponse: CodedMessage {
    static var wireName: StaticString { "auditrpc.v1.QueryResponse" }

    init(_ message: Auditrpc__V1__QueryResponse, _ check: inout FieldCheck) {
        events = check.list(Event.self, "events", message.n_events, message.events)
        nextPageToken = check.string(message.next_page_token, "next_page_token")
        scannedThrough = Sequence(message.scanned_through)
        oldestSequence = Sequence(message.oldest_sequence)
        unreadable = check.ranges(message.n_unreadable, message.unreadable)
    }

    func write(to message: inout Auditrpc__V1__QueryResponse, in arena: borrowing Arena) {
        message.n_events = events.count
        message.events = arena.messages(events)
        message.next_page_token = arena.copy(nextPageToken)
        message.scanned_through = scannedThrough.rawValue
        message.oldest_sequence = oldestSequence.rawValue
        message.n_unreadable = unreadable.count
        message.unreadable = arena.messages(unreadable.map(WireRange.init))
    }
}

extension FieldCheck {
    /// The ranges of an answer's `unreadable`.
    mutating func ranges(
        _ count: Int,
        _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Auditrpc__V1__SequenceRange>?>?
    ) -> [SequenceRange] {
        list(WireRange.self, "unreadable", count, messages).map(\.range)
    }

    /// Of a request that may leave it empty.
    mutating func organization(_ data: ProtobufCBinaryData) -> String {
        text(data.buffer, "organization_id", bytesMax: Limits.organizationBytesMax)
        return String(validating: data.buffer, as: UTF8.self) ?? ""
    }
}

/// `auditrpc.v1.SequenceRange`; one that ends before it begins is refused.
struct WireRange: CodedValue {
    let range: SequenceRange

    init(_ range: SequenceRange) { self.range = range }

    init(_ message: Auditrpc__V1__SequenceRange, _ check: inout FieldCheck) {
        if message.first > message.last {
            check.refuseWhole("ends at \(message.last), before its start at \(message.first)")
        }
        range = SequenceRange(
            first: Sequence(message.first), last: Sequence(max(message.first, message.last)))
    }

    func write(to message: inout Auditrpc__V1__SequenceRange, in arena: borrowing Arena) {
        message.first = range.first.rawValue
        message.last = range.last.rawValue
    }
}
