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
