import AuditModel

/// The filter of the terms of a segment: of what no event in it has, a search learns that without looking
/// into the term dictionary.
///
/// It holds each value with its organization and field, without qualifiers, and each organization.
enum TermFilter {
    /// - Parameter key: `TermKey` of a value without a qualifier, or of an organization's rows.
    static func hash(_ key: [UInt8], salt: UInt64) -> UInt64 { keyed(hash(key), salt: salt) }

    /// What is the same in all segments: a search makes it once.
    static func hash(_ key: [UInt8]) -> UInt64 { key.withUnsafeBytes { Checksum.of($0, salt: 0) } }

    /// Mixes in the salt of a segment, which nobody who sends events knows.
    @inline(__always)
    static func keyed(_ hash: UInt64, salt: UInt64) -> UInt64 {
        var mixed = (hash ^ salt) &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 32
        mixed &*= 0xD6E8_FEB8_6659_FD93
        return mixed ^ mixed >> 32
    }

    static func write(
        _ index: IndexBuilder, salt: UInt64, to output: inout SegmentOutput,
        _ footer: inout SegmentFooter
    ) throws(StoreError) {
        let start = output.offset
        let filter = FlatArray<UInt8>(
            repeating: 0,
            count: HashFilter.bytes(
                for: index.terms.count, bitsPerValue: Limits.filterBitsPerTerm))
        for term in 0..<index.terms.count {
            HashFilter.insert(
                hash(index.termKey(of: term), salt: salt),
                to: UnsafeMutableRawBufferPointer(filter.elements))
        }
        try output.append(filter.bytes)
        footer[.termFilter] = start..<output.offset
    }
}

extension IndexBuilder {
    /// `TermKey` of a term without its qualifier.
    func termKey(of number: Int) -> [UInt8] {
        let term = terms.terms[number]
        let valueEnd = Int(term.valueBytes) + 1
        return TermKey.prefix(organizations.name(of: Int(term.organization)), field: term.field)
            + terms.key(of: number)[..<valueEnd]
    }
}
