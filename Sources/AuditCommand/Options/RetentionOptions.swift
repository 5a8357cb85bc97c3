import ArgumentParser
import AuditModel
import Codec

/// A change of retention as it is typed.
struct RetentionOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Whose events; or --default.", valueName: "organization"))
    var organization: String?

    @Flag(
        name: .customLong("default"),
        help: "Change the default policy: that of every organization without its own.")
    var isDefault = false

    @Option(
        help: ArgumentHelp(
            "user (3 days), team (7 days), business (30 days), or enterprise with --max-age.",
            valueName: "plan"))
    var plan: PlanArgument?

    @Option(
        help: ArgumentHelp("The longest age, 1s to 36,500d, as in 90d.", valueName: "duration"))
    var maxAge: String?

    @Flag(name: .customLong("for-ever"), help: "Keep events without an end.")
    var isForEver = false

    @Flag(help: "Let the default policy hold again.")
    var inherit = false

    @Option(
        help: ArgumentHelp(
            "on: hide and remove nothing, whatever the policy says; off: the policy holds again.",
            valueName: "on|off"))
    var legalHold: HoldArgument?

    @Option(help: ArgumentHelp("Why, for the event that tells of it.", valueName: "text"))
    var reason: String?

    @Flag(name: [.customShort("n"), .long], help: "Print what would be, and change nothing.")
    var dryRun = false

    /// Throws `usage` for what contradicts itself, or changes nothing.
    func request() throws(CommandError) -> SetRetentionRequest {
        let organizationID = organization ?? ""
        guard isDefault == organizationID.isEmpty else {
            throw CommandError(.usage, "name one organization, or give --default")
        }
        let change = try change()
        guard change != nil || legalHold != nil else {
            throw CommandError(
                .usage,
                "nothing to change: give --plan, --max-age, --for-ever, --inherit or --legal-hold")
        }
        return SetRetentionRequest(
            organizationID: organizationID, change: change,
            legalHold: legalHold?.value ?? .unspecified, reason: reason ?? "", dryRun: dryRun)
    }

    private func change() throws(CommandError) -> SetRetentionRequest.Change? {
        let plan = plan?.value
        let ways = [plan != nil || maxAge != nil, isForEver, inherit]
        guard ways.count(where: { $0 }) <= 1 else {
            throw CommandError(
                .usage, "--inherit, --for-ever and an age (--plan, --max-age) exclude each other")
        }
        if inherit { return .inherit }
        if isForEver { return .policy(RetentionPolicy()) }
        let age = try maxAge.map { text throws(CommandError) in
            guard let age = DurationExpression.duration(text) else {
                throw CommandError(
                    .usage,
                    "--max-age '\(SafeText.line(text))' is not a duration: "
                        + DurationExpression.help)
            }
            return age
        }
        // Without an age ENTERPRISE would mean for ever, which --for-ever says aloud.
        guard plan != .enterprise || age != nil else {
            throw CommandError(.usage, "--plan enterprise needs --max-age")
        }
        guard plan != nil || age != nil else { return nil }
        return .policy(RetentionPolicy(plan: plan ?? .unspecified, maxAge: age))
    }
}

/// A plan as it is typed: `team`, or `TEAM`.
struct PlanArgument: ExpressibleByArgument, Hashable {
    var value: RetentionPlan

    init?(argument: String) {
        guard let value = RetentionPlan(name: argument), value != .unspecified else { return nil }
        self.value = value
    }

    static var allValueStrings: [String] {
        RetentionPlan.allCases.filter { $0 != .unspecified }.map { $0.name.lowercased() }
    }
}

/// `on` or `off`.
struct HoldArgument: ExpressibleByArgument, Hashable {
    var value: LegalHold

    init?(argument: String) {
        guard let value = LegalHold(name: argument), value != .unspecified else { return nil }
        self.value = value
    }

    static var allValueStrings: [String] { ["on", "off"] }
}
