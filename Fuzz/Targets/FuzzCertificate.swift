import Codec

@testable import Access

/// Client certificates: what has names has few, short and printable ones, whatever its bytes are.
///
/// Input: a certificate in DER.
@Sendable
func fuzzCertificate(_ bytes: UnsafeRawBufferPointer) throws {
    guard let identity = CertificateIdentity(der: Array(bytes)) else { return }
    let names = identity.uris + identity.dnsNames
    try promise(names.count <= AccessLimits.certificateNamesMax, "\(names.count) names")
    for name in names {
        try promise(name.utf8.allSatisfy { (0x21...0x7e).contains($0) }, "a name \(name)")
    }
    for name in names + [identity.subject] {
        try promise(
            name.utf8.count <= AccessLimits.certificateNameBytesMax, "\(name.utf8.count) bytes")
    }
    try promise(
        identity.subject.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f },
        "a subject of several lines")
}
