import AuditModel
import Codec

/// Page tokens: a text that is taken is one that this server writes, and names one place of one
/// query.
///
/// Input: a place, an organization and a text.
@Sendable
func fuzzPageToken(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let token = PageToken(
        next: Sequence(input.integer()), offset: input.integer(), head: Sequence(input.integer()))
    let organization = String(decoding: input.take(Int(input.byte() & 15)), as: UTF8.self)
    let query = QueryRequest(
        organizationID: organization, order: .oldestFirst, pageSize: Int32(input.byte()))
    let written = token.text(for: query)
    try promise(try PageToken(written, of: query) == token, "\(token) became another place")
    var other = query
    other.organizationID += "x"
    try promise((try? PageToken(written, of: other)) == nil, "a token of another organization")

    let text = String(decoding: input.rest, as: UTF8.self)
    guard let read = try? PageToken(text, of: query) else { return }
    try promise(read.text(for: query) == text, "two texts for one place: \(text)")
}
