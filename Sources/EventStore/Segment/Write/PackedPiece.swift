/// A piece that is compressed as a whole: its length before, then what zstd made of it.
enum PackedPiece {
    static func write(
        _ bytes: UnsafeRawBufferPointer, _ compressor: inout Compressor,
        to packed: inout FlatArray<UInt8>
    ) {
        packed.append(littleEndian: UInt32(bytes.count))
        compressor.compress(bytes, to: &packed)
    }

    /// Nil when it was not written so.
    static func read(
        _ packed: UnsafeRawBufferPointer, _ decompressor: inout Decompressor
    ) -> OwnedBytes? {
        var reader = ByteReader(packed)
        return read(&reader, &decompressor)
    }

    /// Of what a reader has not read yet.
    fileprivate static func read(
        _ reader: inout ByteReader, _ decompressor: inout Decompressor
    ) -> OwnedBytes? {
        let count = Int(reader.integer(UInt32.self))
        guard reader.isValid, count <= Limits.segmentPieceBytesMax else { return nil }
        let bytes = OwnedBytes(count: count)
        let body = UnsafeRawBufferPointer(rebasing: reader.bytes[reader.offset...])
        guard decompressor.decompress(body, nil, to: bytes.buffer) else { return nil }
        return bytes
    }
}

/// Likewise of what is made `HexText` before: the lengths of all of it and of what lies apart, that, and
/// then the text as a `PackedPiece`.
enum PackedTextPiece {
    static func write(
        _ bytes: UnsafeRawBufferPointer, _ packer: inout HexPacker, _ compressor: inout Compressor,
        to packed: inout FlatArray<UInt8>
    ) {
        var text = FlatArray<UInt8>(capacity: bytes.count)
        var apart = FlatArray<UInt8>()
        packer.pack(bytes, to: &text, apart: &apart)
        packed.append(littleEndian: UInt32(bytes.count))
        packed.append(littleEndian: UInt32(apart.count))
        packed.append(apart.bytes)
        PackedPiece.write(text.bytes, &compressor, to: &packed)
    }

    /// Nil when it was not written so.
    static func read(
        _ packed: UnsafeRawBufferPointer, _ decompressor: inout Decompressor
    ) -> OwnedBytes? {
        var reader = ByteReader(packed)
        let count = Int(reader.integer(UInt32.self))
        let apart = reader.slice(Int(reader.integer(UInt32.self)))
        guard reader.isValid, count <= Limits.segmentPieceBytesMax,
            let text = PackedPiece.read(&reader, &decompressor)
        else { return nil }
        let bytes = OwnedBytes(count: count)
        guard HexText.restore(text.bytes, apart: apart, to: bytes.buffer) else { return nil }
        return bytes
    }
}
