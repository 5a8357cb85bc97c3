import AuditModel
import Codec

/// Server-sent events (WHATWG HTML §9.2): what a subscription says, as a browser reads it.
struct ServerSentEvents {
    private(set) var bytes: [UInt8] = []

    /// The whole of one message of the service. An event's id is its sequence; what says how far the feed came moves
    /// the id as well, so that whoever reconnects goes on there.
    static func encode(_ response: SubscribeResponse) -> [UInt8] {
        var writer = ServerSentEvents()
        writer.write(response)
        return writer.bytes
    }

    private mutating func write(_ response: SubscribeResponse) {
        switch response {
        case .events(let events):
            for event in events { message(id: event.sequence, data: event.json()) }
        case .started(let head, let oldest):
            // Without an id: events up to the head may still follow.
            message(name: "started") { json in
                json.key("head_sequence")
                json.number(head.rawValue)
                json.key("oldest_sequence")
                json.number(oldest.rawValue)
            }
        case .progress(let sequence):
            // No data: the id moves, and no event is dispatched.
            line(": progress \(sequence)")
            message(id: sequence, data: nil)
        case .caughtUp(let sequence):
            message(name: "caught_up", id: sequence) { $0.member("sequence", of: sequence) }
        case .fellBehind(let sequence):
            message(name: "fell_behind", id: sequence) { $0.member("sequence", of: sequence) }
        case .gap(let range, let reason):
            message(name: "gap", id: range.last) { json in
                json.member("first_sequence", of: range.first)
                json.member("last_sequence", of: range.last)
                json.member("reason", reason)
            }
        case .unknown: break
        }
    }

    /// The last words of a stream.
    static func end(_ error: GatewayError) -> [UInt8] {
        var writer = ServerSentEvents()
        writer.message(name: "end") { error.write(to: &$0) }
        return writer.bytes
    }

    private mutating func message(
        name: String, id: Sequence? = nil, _ data: (inout JSONWriter) -> Void
    ) {
        var json = JSONWriter()
        json.object(data)
        message(name: name, id: id, data: json.bytes)
    }

    /// - Parameter data: JSON on one line.
    private mutating func message(name: String? = nil, id: Sequence? = nil, data: [UInt8]?) {
        if let name { line("event: \(name)") }
        if let id { line("id: \(id)") }
        if let data {
            bytes.append(contentsOf: "data: ".utf8)
            bytes.append(contentsOf: data)
            bytes.append(UInt8(ascii: "\n"))
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension JSONWriter {
    /// Also when it is zero.
    fileprivate mutating func member(_ name: String, of sequence: Sequence) {
        key(name)
        number(sequence.rawValue)
    }
}
