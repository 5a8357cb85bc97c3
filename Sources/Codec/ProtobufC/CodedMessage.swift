/// A value that is read from and written to a C message, alone or inside another.
protocol CodedValue {
    associatedtype CType: CMessage

    /// Reads a message; what cannot be said in Swift or is refused by the contract is noted in
    /// `check`.
    init(_ message: CType, _ check: inout FieldCheck)

    /// Fills a message that is at its defaults.
    func write(to message: inout CType, in arena: borrowing Arena)
}

/// A whole message of its own.
protocol CodedMessage: CodedValue, WireMessage {
    /// For people, when the bytes are none.
    static var wireName: StaticString { get }
}

extension CodedMessage {
    public init(decoding bytes: UnsafeRawBufferPointer) throws(CodecError) {
        let arena = Arena(
            firstChunkBytes: bytes.count * 2 + Limits.arenaSlackBytes,
            bytesMax: bytes.count * Limits.arenaBytesPerMessageByte + Limits.arenaSlackBytes)
        guard let message = arena.unpack(CType.self, from: bytes) else {
            throw .malformed("the bytes are not a valid \(Self.wireName) message")
        }
        var check = FieldCheck()
        self.init(message.pointee, &check)
        try check.finish()
    }

    public func encoded() -> [UInt8] {
        let arena = Arena(firstChunkBytes: Limits.arenaSlackBytes)
        return CType.packed(arena.message(self))
    }
}

extension Arena {
    /// The value as a C message in the arena.
    func message<Value: CodedValue>(_ value: Value) -> UnsafeMutablePointer<Value.CType> {
        let message = make(Value.CType.self)
        value.write(to: &message.pointee, in: self)
        return message
    }

    /// The values as C messages in the arena.
    func messages<Value: CodedValue>(
        _ values: [Value]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Value.CType>?>? {
        array(values) { message($0) }
    }
}

extension FieldCheck {
    /// Reads the messages of a repeated field, each under its index.
    mutating func list<Value: CodedValue>(
        _ type: Value.Type, _ field: StaticString, _ count: Int,
        _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Value.CType>?>?
    ) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            guard let message = messages?[index] else { continue }
            enter(field, index)
            values.append(Value(message.pointee, &self))
            leave()
        }
        return values
    }

    /// Reads the message of a singular field; nil when it is absent.
    mutating func optional<Value: CodedValue>(
        _ type: Value.Type, _ field: StaticString, _ message: UnsafeMutablePointer<Value.CType>?
    ) -> Value? {
        guard let message else { return nil }
        enter(field)
        defer { leave() }
        return Value(message.pointee, &self)
    }
}
