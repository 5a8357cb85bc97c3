import ArgumentParser
import AuditModel
import Codec

/// The filter of query, tail, facets and histogram: values of one option are alternatives, options narrow
/// one another.
struct FilterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only what happened since then: \(TimeExpression.help).", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only what happened before then.", valueName: "time"))
    var until: String?

    @Option(
        name: .customLong("event-type"),
        help: ArgumentHelp("What was done: UPDATE, or CREATE,DELETE.", valueName: "types"))
    var eventTypes: [String] = []

    @Option(
        name: .customLong("target-type"),
        help: ArgumentHelp("The type of what it was done to: SERVICE.", valueName: "types"))
    var targetTypes: [String] = []

    @Option(
        name: .customLong("target"),
        help: ArgumentHelp("The id of what it was done to.", valueName: "ids"))
    var targets: [String] = []

    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp(
            "What encloses the target: project=42, or an id of any type.",
            valueName: "type=id"))
    var scopes: [String] = []

    @Option(
        name: .customLong("actor"),
        help: ArgumentHelp("The id of who did it.", valueName: "ids"))
    var actors: [String] = []

    @Option(
        name: .customLong("actor-type"),
        help: ArgumentHelp("USER, API_TOKEN, SERVICE, SYSTEM or AGENT.", valueName: "types"))
    var actorTypes: [String] = []

    @Option(
        name: .customLong("source"),
        help: ArgumentHelp("The tool: CONSOLE, CLI, TERRAFORM_PROVIDER.", valueName: "tools"))
    var sources: [String] = []

    @Option(
        name: .customLong("outcome"),
        help: ArgumentHelp("SUCCESS, FAILURE or DENIED.", valueName: "outcomes"))
    var outcomes: [String] = []

    @Option(
        help: ArgumentHelp(
            "Text of the change, of a name or id (the request's too), or of the snapshot; letters of either case.",
            valueName: "text"))
    var text: String?

    /// - Parameter now: what `--since 2h` counts from.
    func filter(now: Timestamp) throws(CommandError) -> EventFilter {
        var filter = EventFilter()
        if let since { filter.since = try TimeExpression.parse(since, now: now) }
        if let until { filter.until = try TimeExpression.parse(until, now: now) }
        filter.eventTypes = try FilterValues.vocabulary(eventTypes, option: "--event-type")
        filter.targetTypes = try FilterValues.vocabulary(
            targetTypes, option: "--target-type")
        filter.targetIDs = try FilterValues.list(targets, option: "--target")
        filter.scopes = try FilterValues.scopes(scopes)
        filter.actorIDs = try FilterValues.list(actors, option: "--actor")
        filter.actorTypes = try FilterValues.enumeration(actorTypes, option: "--actor-type")
        filter.sources = try FilterValues.vocabulary(sources, option: "--source")
        filter.outcomes = try FilterValues.enumeration(outcomes, option: "--outcome")
        filter.text = text ?? ""
        return filter
    }
}

/// How the text of a filter option becomes the values of a filter.
enum FilterValues {
    /// Comma-separated; `\,` stands for a comma. Empty parts are dropped. An argument of nothing
    /// else is an error: a variable that was not set must not widen the filter to everything.
    static func list(_ arguments: [String], option: String) throws(CommandError) -> [String] {
        var values: [String] = []
        for argument in arguments {
            let parts = split(argument)
            guard !parts.isEmpty else { throw CommandError(.usage, "\(option) has no value") }
            values += parts
        }
        return values
    }

    /// Words of an open vocabulary, upper-case by convention: what is typed in lower case is
    /// looked for in both forms.
    static func vocabulary(
        _ arguments: [String], option: String
    ) throws(CommandError) -> [String] {
        try list(arguments, option: option).flatMap(alternatives)
    }

    static func scopes(_ arguments: [String]) throws(CommandError) -> [EventFilter.ScopeFilter] {
        var scopes: [EventFilter.ScopeFilter] = []
        for text in try list(arguments, option: "--scope") {
            guard let equals = text.firstIndex(of: "=") else {
                scopes.append(EventFilter.ScopeFilter(id: text))
                continue
            }
            let id = String(text[text.index(after: equals)...])
            guard !id.isEmpty else {
                throw CommandError(
                    .usage, "--scope '\(SafeText.line(text))' has no id: write type=id")
            }
            for type in alternatives(String(text[..<equals])) {
                scopes.append(EventFilter.ScopeFilter(type: type, id: id))
            }
        }
        return scopes
    }

    static func enumeration<Value: WireEnumeration>(
        _ arguments: [String], option: String
    ) throws(CommandError) -> [Value] {
        var values: [Value] = []
        for text in try list(arguments, option: option) {
            let name = text.split(separator: "-").joined(separator: "_")
            guard let value = Value(name: name), value.rawValue != 0 else {
                throw CommandError(
                    .usage,
                    "\(option) '\(SafeText.line(text))' is not one of \(names(Value.self))")
            }
            values.append(value)
        }
        return values
    }

    static func names<Value: WireEnumeration>(_ type: Value.Type) -> String {
        type.allCases.filter { $0.rawValue != 0 }.map(\.name).joined(separator: ", ")
    }

    private static func alternatives(_ word: String) -> [String] {
        let upper = word.uppercased()
        return word.contains(where: \.isUppercase) || upper == word ? [word] : [upper, word]
    }

    private static func split(_ argument: String) -> [String] {
        var parts = [""]
        var isEscaped = false
        for character in argument {
            switch (character, isEscaped) {
            case (",", true): parts[parts.count - 1].append(",")
            case (_, true): parts[parts.count - 1] += "\\" + String(character)
            case ("\\", false): break
            case (",", false): parts.append("")
            case (_, false): parts[parts.count - 1].append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        if isEscaped { parts[parts.count - 1].append("\\") }
        return parts.filter { !$0.isEmpty }
    }
}
