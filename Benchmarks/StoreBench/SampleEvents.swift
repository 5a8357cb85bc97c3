import AuditModel
import Codec

/// Events as a platform for developers would record them over a month: about 650 bytes encoded, 100
/// organizations, zipfian actors and targets. What is new in each real event (its id, its request's, the
/// trace of a call of the API, the commit of a deployment) is random here, so that they compress as real
/// ones do.
struct SampleEvents {
    static let organizations = ZipfRanks(count: 100, exponent: 1)
    static let actors = ZipfRanks(count: 5_000, exponent: 1)
    static let targets = ZipfRanks(count: 20_000, exponent: 0.9)
    static let projects = ZipfRanks(count: 30, exponent: 1)
    static let eventTypes = ZipfRanks(count: eventTypeNames.count, exponent: 1.1)
    static let sources = ZipfRanks(count: sourceNames.count, exponent: 1)

    static let start = Timestamp(nanosecondsSinceEpoch: 1_760_000_000_000_000_000)
    static let span = Duration.seconds(30 * 86_400)

    private static let eventTypeNames = [
        "UPDATE", "TRIGGER_DEPLOY", "CREATE", "READ_SECRET", "SCALE", "RESTART", "LOGIN",
        "DELETE", "ROLLBACK", "ADD_MEMBER", "ROTATE_SECRET", "CHANGE_ROLE", "REMOVE_MEMBER",
        "CREATE_TOKEN", "REVOKE_TOKEN", "EXPORT", "ATTACH_VOLUME", "DETACH_VOLUME",
        "CHANGE_PLAN", "ENABLE_SSO", "RENAME", "TRANSFER", "RESTORE_BACKUP", "CLOSE_ACCOUNT",
    ]
    private static let sourceNames = [
        "API", "CLI", "CONSOLE", "TERRAFORM_PROVIDER", "GIT", "KUBERNETES_OPERATOR",
    ]
    private static let targetTypes = [
        "SERVICE", "DATABASE", "SECRET", "DOMAIN", "VOLUME", "CRON_JOB", "BUCKET", "ENVIRONMENT",
    ]
    private static let agents = [
        "terraform/1.9.5 (linux_amd64) provider/4.2.0", "auditctl/2.11.3 (darwin; arm64)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/129.0", "Go-http-client/2.0",
        "python-requests/2.32.3", "argocd/2.12.1", "okhttp/4.12.0", "curl/8.9.1",
    ]
    private static let first = ["ada", "grace", "alan", "edsger", "barbara", "ken", "radia", "tim"]
    private static let last = ["lovelace", "hopper", "turing", "liskov", "perlman", "thompson"]

    private var random: SeededRandom
    private let count: Int
    private var number = 0

    init(count: Int, seed: UInt64) {
        self.count = count
        random = SeededRandom(seed: seed)
    }

    /// What was drawn of one event, by ranks.
    struct Draw {
        var organization = 0
        var actor = 0
        var target = 0
        var eventType = 0
        var source = 0
    }

    static func organizationID(_ rank: Int) -> String { "org-" + identifier(rank, 0, salt: 1) }

    static func actorID(_ organization: Int, _ rank: Int) -> String {
        "usr_" + identifier(organization, rank, salt: 2)
    }

    static func targetID(_ organization: Int, _ rank: Int) -> String {
        "res-" + identifier(organization, rank, salt: 3)
    }

    static func eventType(_ rank: Int) -> String { eventTypeNames[rank] }
    static func source(_ rank: Int) -> String { sourceNames[rank] }

    /// As opaque as ids are: what has neighbouring ranks does not look alike.
    private static func identifier(_ group: Int, _ rank: Int, salt: UInt64) -> String {
        var hash = SeededRandom(seed: salt << 56 | UInt64(group) << 32 | UInt64(rank))
        return hash.hexadecimal(digits: 12)
    }

    /// Nil after the last one.
    mutating func next() -> (draw: Draw, record: EventRecord)? {
        guard number < count else { return nil }
        defer { number += 1 }
        let draw = Draw(
            organization: Self.organizations.draw(&random), actor: Self.actors.draw(&random),
            target: Self.targets.draw(&random), eventType: Self.eventTypes.draw(&random),
            source: Self.sources.draw(&random))
        let nanoseconds = Self.span.inSeconds * 1e9 / Double(count) * Double(number)
        let recordedAt = Timestamp(
            nanosecondsSinceEpoch: Self.start.nanosecondsSinceEpoch + Int64(nanoseconds))
        // One in twenty is told of late.
        let late = random.number(below: 20) == 0 ? random.number(below: 600_000) : 40
        let microseconds = late * 1000 + random.number(below: 40_000)
        let occurredAt = recordedAt.advanced(by: .microseconds(-microseconds))
        let id = EventID(version7At: occurredAt, random: (random.next(), random.next()))
        let event = event(draw, id, occurredAt)
        let texts = [
            event.organizationID, event.actor.id, event.target.id, event.eventType, event.source,
        ].map { Array($0.utf8) }
        return (
            draw,
            EventRecord(
                occurredAt: occurredAt, recordedAt: recordedAt, id: id,
                texts: texts + [event.encoded()])
        )
    }

    private mutating func event(_ draw: Draw, _ id: EventID, _ occurredAt: Timestamp) -> Event {
        let organization = draw.organization
        let type = Self.targetTypes[draw.target % Self.targetTypes.count]
        let project = Self.projects.draw(&random)
        let environment = ["production", "staging", "development"][min(project % 5, 2)]
        let replicas = random.number(below: 12)
        let name = Self.first[draw.actor % 8] + "." + Self.last[draw.actor / 8 % 6]
        let outcome: Outcome = random.number(below: 50) == 0 ? .denied : .success
        return Event(
            id: id.description, organizationID: Self.organizationID(organization),
            occurredAt: occurredAt, eventType: Self.eventTypeNames[draw.eventType],
            target: Event.Target(
                type: type, id: Self.targetID(organization, draw.target),
                name: "\(type.lowercased())-\(draw.target)"),
            scope: [
                Event.Resource(
                    type: "PROJECT", id: "prj-\(organization)-\(project)",
                    name: "Project \(project)"),
                Event.Resource(
                    type: "ENVIRONMENT", id: "env-\(organization)-\(project)-\(environment)",
                    name: environment),
            ],
            actor: Event.Actor(
                type: draw.actor % 4 == 3 ? .apiToken : .user,
                id: Self.actorID(organization, draw.actor), name: "\(name)@example.org"),
            source: Self.sourceNames[draw.source],
            change: "replicas \(replicas) -> \(replicas + 1)",
            snapshot: Array(snapshot(draw, replicas).utf8), outcome: outcome,
            reason: outcome == .denied ? "missing permission" : "",
            context: context(draw))
    }

    private mutating func snapshot(_ draw: Draw, _ replicas: Int) -> String {
        let isDeployed = ["TRIGGER_DEPLOY", "ROLLBACK"].contains(Self.eventType(draw.eventType))
        let commit =
            isDeployed
            ? random.hexadecimal(digits: 12)
            : Self.identifier(draw.organization, draw.target, salt: 4)
        let port = 3000 + draw.target % 5000
        return """
            {"image":"registry.example.org/app-\(draw.target % 500):\(commit)",\
            "replicas":\(replicas + 1),"cpu":\(250 * (1 + draw.target % 8)),\
            "memory":\(256 << (draw.target % 5)),"ports":[{"internal":\(port),"public":true}],\
            "autodeploy":\(draw.target % 3 == 0),"healthcheck":{"path":"/health","period":10},\
            "strategy":"rolling","labels":{"team":"team-\(draw.target % 40)"}}
            """
    }

    private mutating func context(_ draw: Draw) -> Event.RequestContext {
        var address = SeededRandom(seed: UInt64(draw.organization) << 32 | UInt64(draw.actor))
        let octets = (0..<3).map { _ in String(address.number(below: 256)) }
        let trace = random.hexadecimal(digits: 48)
        let request = EventID(high: random.next(), low: random.next())
        return Event.RequestContext(
            ipAddress: "10." + octets.joined(separator: "."),
            userAgent: Self.agents[draw.actor % Self.agents.count],
            requestID: request.description,
            traceparent: draw.source != 0
                ? "" : "00-\(trace.prefix(32))-\(trace.suffix(16))-01")
    }
}
