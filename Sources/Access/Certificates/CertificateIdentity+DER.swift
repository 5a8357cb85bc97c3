import AuditModel
import Codec
import SwiftASN1
import X509

extension CertificateIdentity {
    /// Reads a certificate (RFC 5280 §4.1). Nil for a hostile one: too many names, too long ones, and those that a C
    /// program would read differently.
    ///
    /// Only the fields that are of use here are looked at, so that keys of every kind will do; signatures and dates are
    /// the business of TLS.
    package init?(der: [UInt8]) {
        guard der.count <= AccessLimits.certificateBytesMax,
            let fields = try? CertificateFields(DER.parse(der)),
            fields.names.count <= AccessLimits.certificateNamesMax
        else { return nil }
        for name in fields.names {
            switch name {
            case .uniformResourceIdentifier(let text):
                guard let uri = Self.uri(text) else { return nil }
                uris.append(uri)
            case .dnsName(let text):
                guard let name = Self.dnsName(text) else { return nil }
                dnsNames.append(name)
            default: break
            }
        }
        guard let subject = Self.text(of: fields.subject) else { return nil }
        self.subject = subject
        notAfter = fields.notAfter
    }

    /// Nil for a name that is hostile, empty for one without text.
    private static func text(of name: DistinguishedName) -> String? {
        let values = name.flatMap { $0 }.map(\.value)
        guard values.count <= AccessLimits.certificateNamesMax else { return nil }
        // A value that is no text has no one way to be written.
        guard values.allSatisfy({ String($0) != nil }), !values.isEmpty else { return "" }
        return PlainText("\(name)", bytesMax: AccessLimits.certificateNameBytesMax)?.text
    }
}

/// The fields of a certificate that say whose it is.
private struct CertificateFields {
    let subject: DistinguishedName
    let names: [GeneralName]
    let notAfter: Timestamp?

    init(_ certificate: ASN1Node) throws {
        self = try DER.sequence(certificate, identifier: .sequence) { nodes in
            let signed = try nodes.required()
            _ = (try nodes.required(), try nodes.required())  // How it is signed.
            return try DER.sequence(signed, identifier: .sequence) { try Self(&$0) }
        }
    }

    private init(_ nodes: inout ASN1NodeCollection.Iterator) throws {
        // The version, then serial number, algorithm and issuer.
        _ = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) {
            $0
        }
        for _ in 0..<3 { _ = try nodes.required() }
        notAfter = try DER.sequence(nodes.required(), identifier: .sequence) { validity in
            _ = try validity.required()
            return try Self.time(validity.required())
        }
        subject = try DistinguishedName(derEncoded: nodes.required())
        _ = try nodes.required()  // The key.
        var names: [GeneralName] = []
        while let node = nodes.next() {
            guard node.identifier == ASN1Identifier(tagWithNumber: 3, tagClass: .contextSpecific)
            else { continue }
            let extensions = try DER.explicitlyTagged(
                node, tagNumber: 3, tagClass: .contextSpecific
            ) {
                try DER.sequence(
                    of: Certificate.Extension.self, identifier: .sequence, rootNode: $0)
            }
            let list = try Certificate.Extensions(extensions).subjectAlternativeNames
            names += list.map(Array.init) ?? []
        }
        self.names = names
    }

    /// Nil for what lies beyond the times of AuditModel, as the year 9999 does, which stands for no end.
    private static func time(_ node: ASN1Node) throws -> Timestamp? {
        let fields: [Int]
        if node.identifier == .utcTime {
            let time = try UTCTime(derEncoded: node)
            fields = [time.year, time.month, time.day, time.hours, time.minutes, time.seconds]
        } else {
            let time = try GeneralizedTime(derEncoded: node)
            fields = [time.year, time.month, time.day, time.hours, time.minutes, time.seconds]
        }
        let digits = fields.map { $0 < 10 ? "0\($0)" : "\($0)" }
        let (date, clock) = (digits[..<3], digits[3...])
        return Timestamp(
            rfc3339: date.joined(separator: "-") + "T" + clock.joined(separator: ":") + "Z")
    }
}

extension ASN1NodeCollection.Iterator {
    fileprivate mutating func required() throws -> ASN1Node {
        guard let node = next() else { throw MissingField() }
        return node
    }

    private struct MissingField: Error {}
}
