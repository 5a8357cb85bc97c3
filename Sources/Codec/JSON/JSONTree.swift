/// A JSON text in the form that is compared: strings without escapes, members sorted by key and
/// each once, and for every value its place in the text, which is printed as it was written.
struct JSONTree {
    struct Node {
        var kind: Kind
        var range: Range<Int>
    }

    enum Kind: Equatable {
        /// A number by its text, or true, false and null.
        case scalar([UInt8])
        case string([UInt8])
        case array([Node])
        case object([Member])
    }

    struct Member: Equatable {
        var key: [UInt8]
        var value: Node

        func comesBefore(_ other: Member) -> Bool { key.lexicographicallyPrecedes(other.key) }
    }

    let root: Node

    /// Nil when the text is not JSON.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard JSONScanner.fault(in: bytes) == nil else { return nil }
        var scanner = JSONScanner(bytes)
        guard let root = try? JSONTree.node(&scanner) else { return nil }
        self.root = root
    }

    private static func node(_ scanner: inout JSONScanner) throws(JSONFault) -> Node {
        let first = scanner.peek()
        let start = scanner.offset
        let kind: Kind
        switch first {
        case UInt8(ascii: "{"):
            var members: [Member] = []
            try scanner.rawMembers { (key, scanner) throws(JSONFault) in
                members.append(
                    Member(
                        key: JSONText.unescaped(scanner.slice(key)), value: try node(&scanner)))
            }
            kind = .object(normalized(members))
        case UInt8(ascii: "["):
            var elements: [Node] = []
            try scanner.elements { (scanner) throws(JSONFault) in
                elements.append(try node(&scanner))
            }
            kind = .array(elements)
        case UInt8(ascii: "\""):
            kind = .string(JSONText.unescaped(scanner.slice(try scanner.string())))
        default:
            kind = .scalar([UInt8](scanner.slice(try scanner.value())))
        }
        return Node(kind: kind, range: start..<scanner.offset)
    }

    /// Sorted by key; of members with the same key the last.
    private static func normalized(_ members: [Member]) -> [Member] {
        // The sort is stable: members with the same key stay in their order.
        let sorted = members.sorted { $0.comesBefore($1) }
        return sorted.indices.compactMap { index in
            let isLast = index + 1 == sorted.count || sorted[index + 1].key != sorted[index].key
            return isLast ? sorted[index] : nil
        }
    }
}

extension JSONTree.Node: Equatable {
    /// Of the same meaning, wherever they stand.
    static func == (left: JSONTree.Node, right: JSONTree.Node) -> Bool { left.kind == right.kind }
}
