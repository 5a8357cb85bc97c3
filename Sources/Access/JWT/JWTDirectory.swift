import AuditModel
import Codec
import Synchronization

/// The keys that JWTs are verified with, and who is known by one.
final class JWTDirectory: Sendable {
    /// What is found out about a JWT without looking at its signature.
    enum Finding: Sendable {
        case caller(Caller)
        case refused(AccessError)
        case candidate(JWTCandidate)
    }

    private struct State {
        /// Nil: JWTs are not accepted.
        var settings: JWTSettings?
        var keys = KeySet.none
        /// One for each key: who is known by it ends with that.
        var makers: [String: Caller] = [:]
        var callers = CallerCache<Void>(countMax: AccessLimits.callersMax)
    }

    private let state = Mutex(State())

    /// Puts other settings and keys in force. Whoever is known by a key that is not there any more ends; all do when
    /// the settings are others.
    func replace(_ settings: JWTSettings?, _ keys: KeySet) {
        state.withLock { state in
            var makers: [String: Caller] = [:]
            for (id, key) in keys.keys {
                let isSame = settings == state.settings && key.source == state.keys.keys[id]?.source
                makers[id] =
                    (isSame ? state.makers[id] : nil) ?? Caller(Identity(.jwt), [], .all)
            }
            for (id, maker) in state.makers where makers[id] !== maker { maker.revoke() }
            state.makers = makers
            state.settings = settings
            state.keys = keys
        }
    }

    /// Looks at all but the signature of one that is not known yet.
    func look(at text: String, now: Timestamp) -> Finding {
        let hash = SecretHash(of: Array(text.utf8))
        let (settings, keys, makers, known) = state.withLock {
            ($0.settings, $0.keys, $0.makers, $0.callers[hash])
        }
        guard let settings, JWTText.hasForm(of: text) else { return .refused(.unknown) }
        if let known {
            guard let refusal = known.refusal(now: now) else { return .caller(known) }
            // Its key may have come back since it was revoked.
            if refusal != .revoked { return .refused(refusal) }
        }
        do throws(AccessError) {
            return .candidate(try Self.candidate(text, hash, settings, keys, makers, now: now))
        } catch {
            return .refused(error)
        }
    }

    private static func candidate(
        _ text: String, _ hash: SecretHash, _ settings: JWTSettings, _ keys: KeySet,
        _ makers: [String: Caller], now: Timestamp
    ) throws(AccessError) -> JWTCandidate {
        let jwt: JWTText
        do throws(JWTFault) {
            jwt = try JWTText(text)
        } catch {
            throw .jwt(error)
        }
        guard let key = keys.keys[jwt.keyID], let maker = makers[jwt.keyID] else {
            throw .jwt(.key)
        }
        guard let algorithm = key.algorithms[jwt.algorithm] else { throw .jwt(.algorithm) }
        let claims = try JWTClaims(jwt.claims, settings, now: now)
        return JWTCandidate(jwt, hash, claims, algorithm, maker: maker)
    }

    /// Looks at the signature: for a thread that others do not wait for.
    func caller(verifying candidate: JWTCandidate, now: Timestamp) -> Result<Caller, AccessError> {
        guard candidate.hasValidSignature else { return .failure(.jwt(.signature)) }
        let claims = candidate.claims
        let caller = Caller(
            claims.identity, claims.grant.roles, claims.grant.reach, expiresAt: claims.expiresAt,
            maker: candidate.maker)
        // Its key may have gone meanwhile.
        if let refusal = caller.refusal(now: now) { return .failure(refusal) }
        return .success(
            state.withLock {
                $0.callers.insert(caller, of: candidate.hash, origin: (), now: now)
            })
    }
}
