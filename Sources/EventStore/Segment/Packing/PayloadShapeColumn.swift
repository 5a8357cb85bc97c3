/// Writes the shapes of a block: mostly the same few numbers.
struct PayloadShapeWriter {
    private var numbers: [PayloadShape: Int] = [:]
    private var last: (shape: PayloadShape, number: Int)?

    mutating func write(_ shape: PayloadShape, to bytes: inout FlatArray<UInt8>) {
        if let last, last.shape == shape {
            bytes.append(varint: last.number)
            return
        }
        let number = numbers[shape] ?? numbers.count
        bytes.append(varint: number)
        last = (shape, number)
        guard number == numbers.count else { return }
        numbers[shape] = number
        for place in [
            shape.organization, shape.id, shape.occurredAt, shape.lastOccurredAt, shape.recordedAt,
            shape.sequence,
        ] {
            bytes.append(varint: UInt64(place))
        }
    }
}

/// Reads what `PayloadShapeWriter` wrote.
struct PayloadShapeReader {
    private var shapes: [PayloadShape] = []

    /// The reader tells whether it was one.
    mutating func read(_ reader: inout ByteReader) -> PayloadShape {
        let number = reader.count()
        if number < shapes.count { return shapes[number] }
        guard number == shapes.count else {
            reader.invalidate()
            return PayloadShape()
        }
        func place() -> UInt32 { UInt32(reader.count()) }
        let shape = PayloadShape(
            organization: place(), id: place(), occurredAt: place(), lastOccurredAt: place(),
            recordedAt: place(), sequence: place())
        shapes.append(shape)
        return shape
    }
}
