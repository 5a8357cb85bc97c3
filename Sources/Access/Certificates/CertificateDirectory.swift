import AuditModel
import Codec
import Synchronization

/// The certificate rules that are in force, and who is known by them.
final class CertificateDirectory: Sendable {
    fileprivate struct Origin: Sendable {
        let identity: CertificateIdentity
        let rule: CertificateRule
    }

    fileprivate struct State {
        /// Nil: a certificate says nothing about who calls.
        var rules: [CertificateRule]?
        /// One for each rule: who is known by it ends with that.
        var makers: [CertificateRule: Caller] = [:]
        var callers = CallerCache<Origin>(countMax: AccessLimits.callersMax)
    }

    private let state = Mutex(State())

    /// Puts other rules in force. Whoever is known by a rule that is not there any more ends, and who would be known by
    /// another one now.
    func replace(_ rules: [CertificateRule]?) {
        state.withLock { state in
            var makers: [CertificateRule: Caller] = [:]
            for rule in rules ?? [] {
                makers[rule] = state.makers[rule] ?? Caller(Identity(.certificate), [], .all)
            }
            for (rule, maker) in state.makers where makers[rule] == nil { maker.revoke() }
            state.makers = makers
            state.rules = rules
            state.callers.forget { entry in
                let found = rules?.first { $0.match(entry.origin.identity) != nil }
                guard found != entry.origin.rule else { return false }
                entry.caller.revoke()
                return true
            }
        }
    }

    /// Whose certificate that is; nil when certificates say nothing about that.
    ///
    /// - Parameter der: verified by TLS.
    func caller(of der: [UInt8], now: Timestamp) -> Result<Caller, AccessError>? {
        let hash = SecretHash(of: der)
        let (hasRules, known) = state.withLock { ($0.rules != nil, $0.callers[hash]) }
        guard hasRules else { return nil }
        if let known { return known.refusal(now: now).map { .failure($0) } ?? .success(known) }
        guard let identity = CertificateIdentity(der: der) else { return .failure(.certificate) }
        return state.withLock { $0.caller(of: identity, hash, now: now) }
    }
}

extension CertificateDirectory.State {
    /// By the first rule that fits; nil when there are none any more.
    fileprivate mutating func caller(
        of identity: CertificateIdentity, _ hash: SecretHash, now: Timestamp
    ) -> Result<Caller, AccessError>? {
        guard let rules else { return nil }
        for rule in rules {
            guard let name = rule.match(identity), let maker = makers[rule] else { continue }
            let caller = Caller(
                Identity(.certificate, id: name, name: rule.name), rule.grant.roles,
                rule.grant.reach, source: rule.grant.source, expiresAt: identity.notAfter,
                maker: maker)
            if let refusal = caller.refusal(now: now) { return .failure(refusal) }
            return .success(
                callers.insert(
                    caller, of: hash, origin: .init(identity: identity, rule: rule), now: now))
        }
        return .failure(.noRule(names: identity.text))
    }
}
