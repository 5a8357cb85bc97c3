import CAuditProto

extension DescriptorIndex {
    /// Of everything in proto/ and what it imports, as it was when this program was built.
    package static let contract: DescriptorIndex = {
        var count = 0
        let start = auditrpc_descriptor_set(&count)
        do throws(CodecError) {
            return try DescriptorIndex(
                fileDescriptorSet: UnsafeRawBufferPointer(start: start, count: count))
        } catch {
            preconditionFailure("Sources/CAuditProto is damaged: \(error)")
        }
    }()
}
