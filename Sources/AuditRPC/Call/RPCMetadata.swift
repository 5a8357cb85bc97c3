/// The header fields of a call, in order: names in lower case, values as they travel.
///
/// No String is made before somebody asks for one. What may not be sent is refused when it is sent, not here: a
/// client's call fails, and a server leaves the field out and says so in its log.
package struct RPCMetadata: Sendable, Equatable {
    var fields = HeaderFields()

    package init() {}

    package init(_ fields: [(String, String)]) {
        for (name, value) in fields { add(name, value) }
    }

    package var isEmpty: Bool { fields.isEmpty }

    /// Adds a text field behind those that are there, also of the same name. The name is put in lower case. Names have
    /// letters, digits, `_`, `-` and `.`, and are not those of HTTP/2 and gRPC (`te`, `content-type`, `grpc-...`);
    /// values are printable ASCII.
    package mutating func add(_ name: String, _ value: String) {
        var name = name.lowercased()
        var value = value
        name.withUTF8 { name in
            value.withUTF8 { value in
                fields.append(
                    name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value))
            }
        }
    }

    /// Adds a binary field, which travels in base64; its name must end in `-bin`.
    package mutating func add(_ name: String, bytes: [UInt8]) {
        precondition(name.hasSuffix("-bin"), "the name of a binary field ends in -bin")
        add(name, String(decoding: Base64.encode(bytes), as: UTF8.self))
    }

    /// Adds the fields of `other` behind those that are there.
    package mutating func append(contentsOf other: RPCMetadata) {
        if !other.isEmpty { fields.append(contentsOf: other.fields) }
    }

    /// The first value of `name`, or nil.
    package subscript(name: String) -> String? {
        var result: String?
        visit(named: name) { value in
            if result == nil { result = String(decoding: value, as: UTF8.self) }
        }
        return result
    }

    /// Every value of `name`, in order.
    package func values(named name: String) -> [String] {
        var result: [String] = []
        visit(named: name) { result.append(String(decoding: $0, as: UTF8.self)) }
        return result
    }

    /// The bytes of the first value of a `-bin` field; nil without one.
    package func bytes(named name: String) -> [UInt8]? {
        allBytes(named: name).first
    }

    /// The bytes of every value of a `-bin` field, in order. Several may come in one field, joined by commas. A field
    /// that is not base64 counts as none; a call that such a field came with was refused anyway.
    package func allBytes(named name: String) -> [[UInt8]] {
        var result: [[UInt8]] = []
        visit(named: name) { result += Base64.decodeList($0) ?? [] }
        return result
    }

    /// Calls `body` with name and value of each field, in order. The bytes are valid during the call.
    package func visit(
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) {
        fields.visit(body)
    }

    private func visit(named name: String, _ body: (UnsafeRawBufferPointer) -> Void) {
        var wanted = name.lowercased()
        wanted.withUTF8 { wanted in
            let wanted = UnsafeRawBufferPointer(wanted)
            visit { name, value in
                if name.equals(wanted) { body(value) }
            }
        }
    }
}
