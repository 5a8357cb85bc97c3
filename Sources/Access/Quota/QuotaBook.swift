package import Codec

/// Every quota of a server. A value: `QuotaBook+JSON.swift` keeps it in a file.
package struct QuotaBook: Hashable, Sendable {
    package internal(set) var quotas: [QuotaSubject: Quota] = [:]

    package init() {}

    /// What holds for an organization or a token.
    package func inForce(for subject: QuotaSubject) -> Quota {
        if let own = quotas[subject] { return own }
        if case .organization = subject { return quotas[.standard] ?? .unlimited }
        return .unlimited
    }

    /// Sets a quota, or with nil removes it. False when there are as many as there may be; then nothing has changed.
    package mutating func set(_ quota: Quota?, for subject: QuotaSubject) -> Bool {
        guard quota == nil || quotas[subject] != nil || quotas.count < AccessLimits.quotasMax else {
            return false
        }
        quotas[subject] = quota
        return true
    }

    /// Forgets the quotas of tokens that are not there any more.
    package mutating func keepTokens(where isKept: (_ id: String) -> Bool) {
        quotas = quotas.filter { subject, _ in
            if case .token(let id) = subject { isKept(id) } else { true }
        }
    }
}
