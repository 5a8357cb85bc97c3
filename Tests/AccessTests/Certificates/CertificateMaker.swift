import Crypto
import Foundation
import SwiftASN1
import X509

/// Makes client certificates, good and hostile.
enum CertificateMaker {
    private static let key = Certificate.PrivateKey(P256.Signing.PrivateKey())

    /// In DER.
    ///
    /// - Parameter end: seconds since 1970.
    static func certificate(
        subject: [(ASN1ObjectIdentifier, String)] = [], names: [GeneralName] = [],
        end: Int = 1_900_000_000
    ) throws -> [UInt8] {
        let subject = DistinguishedName(
            subject.map {
                RelativeDistinguishedName(
                    .init(type: $0.0, value: .init(utf8String: $0.1)))
            })
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSince1970: 1_700_000_000),
            notValidAfter: Date(timeIntervalSince1970: Double(end)), issuer: DistinguishedName(),
            subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: .init(
                names.isEmpty
                    ? [] : [SubjectAlternativeNames(names).makeCertificateExtension()]),
            issuerPrivateKey: key)
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}
