import AuditRPC
import Foundation

/// The parameters of a request's address. Each is taken by who knows it; what nobody took is refused, so that a filter
/// with a slip of the pen is not one that filters nothing.
struct RequestParameters {
    private var values: [String: [String]] = [:]
    /// In order, for messages.
    private var names: [String] = []

    /// - Parameter query: what stands behind the question mark, as it was sent.
    /// - Throws: `invalidArgument` for what is not percent-encoded UTF-8, and for too many.
    init(_ query: String?) throws(GatewayError) {
        let parts = (query ?? "").split(separator: "&")
        guard parts.count <= GatewayLimits.parametersMax else {
            throw GatewayError(
                .invalidArgument,
                "the address has \(parts.count) parameters, of which \(GatewayLimits.parametersMax) are allowed"
            )
        }
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decode(pair[0])
            let value = pair.count > 1 ? try Self.decode(pair[1]) : ""
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(value)
        }
    }

    private static func decode(_ text: Substring) throws(GatewayError) -> String {
        let spaced = String(text.contains("+") ? text.replacing("+", with: "%20") : text)
        guard let decoded = spaced.removingPercentEncoding else {
            throw GatewayError(
                .invalidArgument, "'\(spaced.prefix(100))' is not percent-encoded UTF-8")
        }
        return decoded
    }

    /// All values, without those that are empty: forms send them for what was left out.
    mutating func take(_ name: String) -> [String] {
        (values.removeValue(forKey: name) ?? []).filter { !$0.isEmpty }
    }

    /// Nil without one.
    mutating func takeOne(_ name: String) throws(GatewayError) -> String? {
        let all = take(name)
        guard all.count <= 1 else {
            throw .parameter(name, "is there \(all.count) times; once is enough")
        }
        return all.first
    }

    /// A whole number that is not negative; nil without one.
    mutating func takeNumber(_ name: String) throws(GatewayError) -> UInt64? {
        guard let text = try takeOne(name) else { return nil }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt64(text) else {
            throw .parameter(name, "is '\(text.prefix(100))'; a whole number is expected")
        }
        return number
    }

    /// The same for a field of 32 bits; more is as much as there is.
    mutating func takeCount(_ name: String) throws(GatewayError) -> Int32 {
        Int32(clamping: try takeNumber(name) ?? 0)
    }

    /// One of a few words; nil without one.
    mutating func takeWord<Value>(
        _ name: String, _ words: KeyValuePairs<String, Value>
    ) throws(GatewayError) -> Value? {
        guard let text = try takeOne(name) else { return nil }
        if let known = words.first(where: { $0.key == text }) { return known.value }
        let list = words.map(\.key).joined(separator: ", ")
        throw .parameter(name, "is '\(text.prefix(100))', which is none of \(list)")
    }

    /// - Throws: naming the first parameter that nobody took.
    func finish() throws(GatewayError) {
        guard let name = names.first(where: { values[$0] != nil }) else { return }
        throw .parameter(String(name.prefix(100)), "is not a parameter of this request")
    }
}
