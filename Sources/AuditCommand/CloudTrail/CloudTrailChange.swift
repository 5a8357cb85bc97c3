import Codec

/// One human line of a CloudTrail record: `Create vpc vpc-06fe (cidrBlock=10.0.0.0/16)`.
enum CloudTrailChange {
    /// Parameters that are shown, and the bytes of each: the line is for reading, the metadata
    /// keep the whole request.
    private static let parametersMax = 5
    private static let parameterCharactersMax = 60

    static func line(
        record: JSONValue, eventName: String, target: Event.Target, ending: CloudTrailOutcome
    ) -> String {
        var line = sentence(eventName)
        if target.type != "AWS_SERVICE" { line += " " + target.id }
        // What a call only reads is its target; what it writes is worth saying.
        if record.field("readOnly")?.scalar != "true" {
            let parameters = parameters(record.field("requestParameters"), target: target)
            if !parameters.isEmpty { line += " (" + parameters.joined(separator: ", ") + ")" }
        }
        switch ending.outcome {
        case .denied: line += " denied: \(ending.code)"
        case .failure: line += ending.code.isEmpty ? " failed" : " failed: \(ending.code)"
        case .success, .unspecified: break
        }
        return line
    }

    /// `GetSSHPublicKey` as `Get SSH public key`.
    private static func sentence(_ eventName: String) -> String {
        AWSName.words(eventName).enumerated().map { index, word in
            let isAcronym = word.count > 1 && word.allSatisfy { $0.isUppercase || $0.isNumber }
            return index == 0 || isAcronym ? word : word.lowercased()
        }.joined(separator: " ")
    }

    private static func parameters(_ request: JSONValue?, target: Event.Target) -> [String] {
        var shown: [String] = []
        for member in request?.members ?? [] where shown.count < parametersMax {
            guard let value = member.value.scalar, !value.isEmpty, value != target.id,
                AWSResourceName(value)?.id != target.id, !isNoise(member.key, value)
            else { continue }
            let cut = value.prefix(parameterCharactersMax)
            shown.append("\(member.key)=\(cut)\(cut.count < value.count ? "…" : "")")
        }
        return shown
    }

    private static func isNoise(_ key: String, _ value: String) -> Bool {
        let key = key.lowercased()
        return key == "host" || key.hasSuffix("token") || value == "HIDDEN_DUE_TO_SECURITY_REASONS"
            || value.hasPrefix("{")
    }
}
