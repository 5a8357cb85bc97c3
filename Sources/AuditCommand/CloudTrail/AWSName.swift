/// How AWS spells things, and how this log spells them.
enum AWSName {
    /// `GetSSHPublicKey` as `Get`, `SSH`, `Public`, `Key`.
    static func words(_ name: String) -> [String] {
        let characters = Array(name)
        var words: [String] = []
        var word = ""
        for (index, character) in characters.enumerated() {
            guard character.isLetter || character.isNumber else {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            let previous = index > 0 ? characters[index - 1] : nil
            let next = index + 1 < characters.count ? characters[index + 1] : nil
            let startsWord =
                character.isUppercase
                && (previous?.isLowercase == true || previous?.isNumber == true
                    || (previous?.isUppercase == true && next?.isLowercase == true))
            if startsWord, !word.isEmpty {
                words.append(word)
                word = ""
            }
            word.append(character)
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// `ec2` and `RouteTable` as `EC2_ROUTE_TABLE`.
    static func type(service: String, noun: String) -> String {
        let service = service.uppercased().split { !$0.isLetter && !$0.isNumber }
        let noun = words(noun).map { $0.uppercased() }
        return (service.map(String.init) + noun).joined(separator: "_")
    }

    /// `ec2.amazonaws.com` as `ec2`.
    static func service(ofEventSource source: String) -> String {
        String(source.prefix { $0 != "." })
    }

    static func singular(_ word: String) -> String {
        if word.hasSuffix("ies") { return word.dropLast(3) + "y" }
        for ending in ["sses", "xes", "ches", "shes"] where word.hasSuffix(ending) {
            return String(word.dropLast(2))
        }
        return word.hasSuffix("s") && !word.hasSuffix("ss") ? String(word.dropLast()) : word
    }
}

/// An Amazon Resource Name, and the target that it stands for.
///
/// The target's id is the short one that request parameters use as well (a role's name, a
/// secret's name without the random suffix), so that `CreateRole` with a name and `GetRole` with
/// an ARN speak of one target.
struct AWSResourceName: Hashable, Sendable {
    var service: String
    var account: String
    var resource: String

    /// Nil for what is not `arn:partition:service:region:account:resource`.
    init?(_ text: String) {
        let parts = text.split(
            separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", !parts[2].isEmpty, !parts[5].isEmpty else {
            return nil
        }
        service = String(parts[2])
        account = String(parts[4])
        resource = String(parts[5])
    }

    var type: String { AWSName.type(service: service, noun: split.noun) }

    var id: String {
        let (noun, rest) = split
        switch (service, noun) {
        case ("iam", _), ("sts", _):
            return rest.split(separator: "/").last.map(String.init) ?? rest
        case ("secretsmanager", "secret"): return withoutSuffix(rest)
        case ("ssm", "parameter"): return AWSResourceName.parameter(rest)
        case ("logs", "log-group"):
            return rest.hasSuffix(":*") ? String(rest.dropLast(2)) : rest
        default: return rest
        }
    }

    /// The name of a parameter in its one form: hierarchies begin with a slash, single names do
    /// not.
    static func parameter(_ name: String) -> String {
        let trimmed = name.hasPrefix("/") ? String(name.dropFirst()) : name
        return trimmed.contains("/") ? "/" + trimmed : trimmed
    }

    private var split: (noun: String, rest: String) {
        if service == "s3" { return (resource.contains("/") ? "object" : "bucket", resource) }
        guard let end = resource.firstIndex(where: { $0 == "/" || $0 == ":" }) else {
            switch service {
            case "sns": return ("topic", resource)
            case "sqs": return ("queue", resource)
            case "iam": return ("account", resource)
            default: return ("resource", resource)
            }
        }
        let rest = String(resource[resource.index(after: end)...])
        return rest.isEmpty ? ("resource", resource) : (String(resource[..<end]), rest)
    }

    /// Secrets Manager ends a secret's ARN with a hyphen and six random characters.
    private func withoutSuffix(_ name: String) -> String {
        let suffix = name.suffix(7)
        guard name.count > 7, suffix.first == "-",
            suffix.dropFirst().allSatisfy({ $0.isLetter || $0.isNumber })
        else { return name }
        return String(name.dropLast(7))
    }
}
