import NIOSSL

/// Certificates and keys from the text of their files. Every error names file and problem.
enum PEM {
    static func certificates(
        _ contents: FileContents, of role: String, at path: String
    ) throws(RPCError) -> [NIOSSLCertificate] {
        let bytes = try contents.bytes(of: role, at: path)
        guard holds("CERTIFICATE-----", bytes) else {
            throw RPCError(
                .invalidArgument,
                "\(role) \(path) holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")
        }
        do {
            return try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw RPCError(
                .invalidArgument, "\(role) \(path) holds a certificate that cannot be read",
                cause: error)
        }
    }

    static func privateKey(
        _ contents: FileContents, at path: String
    ) throws(RPCError) -> NIOSSLPrivateKey {
        let bytes = try contents.bytes(of: "the key file", at: path)
        guard holds("PRIVATE KEY-----", bytes) else {
            throw RPCError(
                .invalidArgument,
                "the key file \(path) holds no private key in PEM (-----BEGIN PRIVATE KEY-----)")
        }
        guard !holds("ENCRYPTED", bytes) else {
            throw RPCError(
                .invalidArgument,
                "the key in \(path) is encrypted; it must be there without a passphrase")
        }
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            throw RPCError(
                .invalidArgument, "the key file \(path) holds a key that cannot be read",
                cause: error)
        }
    }

    private static func holds(_ text: String, _ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).contains(text)
    }
}
