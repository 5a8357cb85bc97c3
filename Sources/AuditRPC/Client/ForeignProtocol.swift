/// What a peer speaks that is neither HTTP/2 nor TLS, by its first bytes.
package enum ForeignProtocol: Hashable, Sendable {
    /// With the first line that it said.
    case http1(String)
    case ssh(String)
    /// What it said, when that was text.
    case other(String)

    /// Nil for what may be HTTP/2: its first frame is SETTINGS (RFC 9113 §3.4), whose length begins with a zero.
    init?(greeting: [UInt8]) {
        guard let first = greeting.first, first != 0 else { return nil }
        let line = Self.firstLine(of: greeting)
        if line.hasPrefix("HTTP/1") {
            self = .http1(line)
        } else if line.hasPrefix("SSH-") {
            self = .ssh(line)
        } else {
            self = .other(line)
        }
    }

    /// Empty when it is no printable ASCII.
    private static func firstLine(of bytes: [UInt8]) -> String {
        let line = bytes.prefix { $0 != 0x0D && $0 != 0x0A }
        guard line.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return "" }
        return String(decoding: line, as: UTF8.self)
    }
}
