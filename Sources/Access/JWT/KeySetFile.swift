import Codec

/// The public keys of a JWKS file (RFC 7517 §5) that signatures can be verified with, not yet made ready for it.
package struct KeySetFile: Hashable, Sendable {
    /// By `kid`.
    let keys: [String: Key]

    struct Key: Hashable, Sendable {
        /// Those that it may be used with.
        let algorithms: [String]
        let material: Material
    }

    /// In the texts of the file.
    enum Material: Hashable, Sendable {
        case rsa(modulus: String, exponent: String)
        case ellipticCurve(name: String, x: String, y: String)
        case edwardsCurve(x: String)
    }

    /// Keys that are for something else, or of a kind that is not known here, are passed over as RFC 7517 §5 has it.
    ///
    /// - Throws: for what must not be in such a file: a secret that both ends share, or the private half of a key.
    package init(json text: [UInt8]) throws(AccessFileError) {
        let file: JSONValue
        do throws(CodecError) {
            file = try JSONValue(parsing: text)
        } catch {
            throw AccessFileError(error.message)
        }
        let list = try FileMembers(file, "the file").list("keys", countMax: AccessLimits.keysMax)
        guard let list else { throw AccessFileError("the file has no keys") }
        var keys: [String: Key] = [:]
        for (index, element) in list.enumerated() {
            let what = "keys[\(index)]"
            let members = try FileMembers(element, what)
            guard let key = try Key(members, what) else { continue }
            let id = try members.text("kid", bytesMax: AccessLimits.keyIDBytesMax)
            guard keys.updateValue(key, forKey: id) == nil else {
                throw AccessFileError("\(what) has the kid of another key: \(id)")
            }
        }
        guard !keys.isEmpty else {
            throw AccessFileError("the file has no key that signatures can be verified with")
        }
        self.keys = keys
    }
}

extension KeySetFile.Key {
    /// Nil for a key that is of no use here.
    init?(_ members: FileMembers, _ what: String) throws(AccessFileError) {
        let type = try members.string("kty")
        guard type != "oct", members["k"] == nil else {
            throw AccessFileError(
                "\(what) is a shared secret (kty oct): whoever can verify with it can sign with it")
        }
        guard members["d"] == nil else {
            throw AccessFileError("\(what) is a private key; only its public half belongs here")
        }
        if let use = try members.optionalString("use"), use != "sig" { return nil }
        if let operations = try members.list("key_ops", countMax: AccessLimits.keysMax),
            !operations.contains(where: { $0.string == "verify" })
        {
            return nil
        }
        guard let (material, possible) = try Self.material(type, members) else { return nil }
        self.material = material
        guard let algorithm = try members.optionalString("alg") else {
            algorithms = possible
            return
        }
        guard possible.contains(algorithm) else { return nil }
        algorithms = [algorithm]
    }

    /// And the algorithms that it can be used with.
    private static func material(
        _ type: String, _ members: FileMembers
    ) throws(AccessFileError) -> (KeySetFile.Material, [String])? {
        switch type {
        case "RSA":
            let material = KeySetFile.Material.rsa(
                modulus: try members.string("n"), exponent: try members.string("e"))
            return (material, ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
        case "EC":
            let curve = try members.string("crv")
            let algorithms = ["P-256": "ES256", "P-384": "ES384", "P-521": "ES512"]
            guard let algorithm = algorithms[curve] else { return nil }
            let material = KeySetFile.Material.ellipticCurve(
                name: curve, x: try members.string("x"), y: try members.string("y"))
            return (material, [algorithm])
        case "OKP":
            guard try members.string("crv") == "Ed25519" else { return nil }
            return (.edwardsCurve(x: try members.string("x")), ["EdDSA"])
        default: return nil
        }
    }
}
