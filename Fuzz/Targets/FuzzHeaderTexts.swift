import AuditModel
import Codec
import NIOCore

@testable import AuditRPC

/// The texts that header fields and requests carry: base64, percent-encoding, grpc-timeout, times of
/// RFC 3339, addresses. What is written can be read, and is the same again.
///
/// Input: the text, or the bytes to write.
@Sendable
func fuzzHeaderTexts(_ bytes: UnsafeRawBufferPointer) throws {
    try checkBase64(bytes)
    try checkPercentEncoding(bytes)
    try checkTimeout(bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    if let time = Timestamp(rfc3339: text) {
        try promise(Timestamp(rfc3339: time.rfc3339) == time, "\(text) became \(time.rfc3339)")
    }
    if let address = RPCAddress(text) {
        try promise(RPCAddress("\(address)") == address, "\(text) became \(address)")
    }
}

private func checkBase64(_ bytes: UnsafeRawBufferPointer) throws {
    let written = Base64.encode(Array(bytes))
    try promise(Base64.decode(written) == Array(bytes), "base64 of \(Array(bytes))")
    let list = Base64.decodeList(bytes)
    try promise(Base64.isList(bytes) == (list != nil), "isList and decodeList differ")
    if let value = Base64.decode(bytes) {
        try promise(Base64.decode(Base64.encode(value)) == value, "base64 \(Array(bytes))")
        try promise(list == [value], "base64 without a comma is a list of one")
    }
}

private func checkPercentEncoding(_ bytes: UnsafeRawBufferPointer) throws {
    // Whatever it is, a message is never lost.
    let decoded = PercentEncoding.decode(bytes)
    let written = PercentEncoding.encode(decoded, bytesMax: .max)
    try promise(written.allSatisfy { $0 >= 0x20 && $0 <= 0x7E }, "not printable: \(written)")
    try promise(
        PercentEncoding.decode(written).utf8.elementsEqual(decoded.utf8),
        "\(decoded) was not read again")
    let cut = PercentEncoding.encode(decoded, bytesMax: 16)
    try promise(cut.count <= 16, "\(cut) has more than 16 bytes")
    try promise(
        decoded.utf8.starts(with: PercentEncoding.decode(cut).utf8),
        "\(cut) is no beginning of \(decoded)")
    // HTTP/2 peers throw a value away that begins or ends with a space.
    let space = UInt8(ascii: " ")
    for text in [written, cut] {
        try promise(text.first != space && text.last != space, "\(text) has a space at an end")
    }
}

private func checkTimeout(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let times = [GRPCTimeout.parse(bytes), .nanoseconds(Int64(bitPattern: input.integer()))]
    for case let time? in times {
        var text = GRPCTimeout.format(time)
        let again = text.withUTF8 { GRPCTimeout.parse(UnsafeRawBufferPointer($0)) }
        guard let again else { throw BrokenPromise(description: "\(text) cannot be read") }
        try promise(again >= time, "\(time) was cut to \(text)")
    }
}
