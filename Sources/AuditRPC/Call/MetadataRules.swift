/// Which fields a caller or a handler may send as metadata, by PROTOCOL-HTTP2.
enum MetadataRules {
    enum Refusal: Equatable {
        /// The name belongs to HTTP/2 or gRPC, which write it themselves.
        case reserved
        /// The name has something other than lower-case letters, digits, `_`, `-` and `.`, or nothing.
        case name
        /// A text that is not printable ASCII: peers end the call, or the connection, over it.
        case value
        /// A `-bin` field whose value is not base64.
        case base64
    }

    /// Nil: the field may be sent.
    static func refusal(
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) -> Refusal? {
        guard !name.isEmpty, name.allSatisfy(isNameByte) else { return .name }
        if isReserved(name) { return .reserved }
        if isBinary(name) { return Base64.isList(value) ? nil : .base64 }
        return value.allSatisfy { $0 >= 0x20 && $0 <= 0x7E } ? nil : .value
    }

    /// Whether values of `name` travel in base64.
    @inline(__always)
    static func isBinary(_ name: UnsafeRawBufferPointer) -> Bool {
        name.ends(with: "-bin")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// The names of gRPC, those that describe the body, and those that HTTP/2 forbids (RFC 9113 §8.2.2).
    private static func isReserved(_ name: UnsafeRawBufferPointer) -> Bool {
        if name.starts(with: "grpc-") { return true }
        return reserved.contains { name.equals($0) }
    }

    private static let reserved: [StaticString] = [
        "te", "host", "upgrade", "connection", "keep-alive", "user-agent", "content-type",
        "content-length", "proxy-connection", "transfer-encoding",
    ]
}

/// A field of metadata that may not be sent.
struct UnsendableField: Equatable, CustomStringConvertible {
    var name: String
    var refusal: MetadataRules.Refusal

    /// For who wrote the field.
    var description: String {
        let rule =
            switch refusal {
            case .reserved: "its name is reserved"
            case .name: "a name has lower-case letters, digits, '_', '-' and '.' only"
            case .value: "a value is printable ASCII"
            case .base64: "the value of a -bin field is base64"
            }
        return "the metadata field \(name) cannot be sent: \(rule)"
    }
}

extension HeaderFields {
    /// Appends what may be sent of `metadata`, and returns the first field that may not. One whose name is reserved
    /// is returned when there is no worse: a handler that sends back what it got does no wrong.
    mutating func append(sendable metadata: RPCMetadata) -> UnsendableField? {
        guard !metadata.isEmpty else { return nil }
        var found: UnsendableField?
        metadata.visit { name, value in
            guard let refusal = MetadataRules.refusal(name: name, value: value) else {
                // Spaces around a value may be stripped, and must be: HTTP/2 peers throw such a field away.
                return append(name: name, value: value.trimmingSpaces())
            }
            guard found == nil || found?.refusal == .reserved && refusal != .reserved else {
                return
            }
            found = UnsendableField(
                name: String(decoding: name.prefix(64), as: UTF8.self), refusal: refusal)
        }
        return found
    }
}
