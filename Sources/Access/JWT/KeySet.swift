import JWTKit

/// Public keys, ready to verify signatures with.
package struct KeySet: Sendable {
    struct Key: Sendable {
        /// As the file has it: a key that comes again is the same one.
        let source: KeySetFile.Key
        /// By the name that `alg` has for them.
        let algorithms: [String: any JWTAlgorithm]
    }

    /// By `kid`.
    let keys: [String: Key]

    /// Of a server that accepts no JWTs.
    package static let none = KeySet(keys: [:])

    private init(keys: [String: Key]) { self.keys = keys }

    /// - Throws: for a key whose numbers are none, or which is too short.
    package init(_ file: KeySetFile) async throws(AccessFileError) {
        var keys: [String: Key] = [:]
        for (id, source) in file.keys {
            var algorithms: [String: any JWTAlgorithm] = [:]
            for name in source.algorithms {
                algorithms[name] = try await Self.algorithm(name, id, source.material)
            }
            keys[id] = Key(source: source, algorithms: algorithms)
        }
        self.keys = keys
    }

    /// A collection for each key and algorithm: one of several takes another key where a `kid` is unknown, and keeps
    /// the algorithm that the first token asked for.
    private static func algorithm(
        _ name: String, _ id: String, _ material: KeySetFile.Material
    ) async throws(AccessFileError) -> any JWTAlgorithm {
        let identifier = JWKIdentifier(string: id)
        let algorithm = JWK.Algorithm(rawValue: name)
        let key =
            switch material {
            case .rsa(let modulus, let exponent):
                JWK.rsa(
                    algorithm, identifier: identifier, modulus: modulus, exponent: exponent)
            case .ellipticCurve(let curve, let x, let y):
                JWK.ecdsa(
                    algorithm, identifier: identifier, x: x, y: y,
                    curve: ECDSACurve(rawValue: curve))
            case .edwardsCurve(let x):
                JWK.octetKeyPair(algorithm, identifier: identifier, x: x, y: nil, curve: .ed25519)
            }
        do {
            let collection = try await JWTKeyCollection().add(jwk: key)
            return try await collection.getKey(for: identifier, alg: name)
        } catch {
            throw AccessFileError("the key \(id) cannot be used: \(error)")
        }
    }
}
