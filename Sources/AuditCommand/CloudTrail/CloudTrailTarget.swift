import Codec

/// What a CloudTrail record is about, out of the several places where AWS may say so.
///
/// In this order: `resources`; an identifier of the kind that the event's name speaks of
/// (`CreateSubnet`: `subnetId`) in the request or the response; a well-known identifier in the
/// request; the resource that an error speaks of; and where nothing is named, the service itself.
struct CloudTrailTarget {
    private let eventName: [String]
    private let service: String
    private let eventSource: String
    private let request: JSONValue
    private let response: JSONValue
    private let record: JSONValue

    init(record: JSONValue, eventName: String, eventSource: String) {
        self.eventName = AWSName.words(eventName)
        self.eventSource = eventSource
        service = AWSName.service(ofEventSource: eventSource)
        self.record = record
        request = record.field("requestParameters") ?? .object([])
        response = record.field("responseElements") ?? .object([])
    }

    var target: Event.Target {
        fromResources ?? fromEventName ?? fromWellKnownKeys ?? fromServiceDetails ?? fromError
            ?? Event.Target(type: "AWS_SERVICE", id: eventSource)
    }

    /// The ARNs of `resources`.
    var resourceNames: [String] {
        (record.field("resources")?.elements ?? []).compactMap {
            ($0.field("ARN") ?? $0.field("arn"))?.string
        }
    }

    private var fromResources: Event.Target? {
        for resource in record.field("resources")?.elements ?? [] {
            guard let text = (resource.field("ARN") ?? resource.field("arn"))?.string,
                let name = AWSResourceName(text)
            else { continue }
            let type = resource.field("type")?.string.map(Self.type) ?? name.type
            return Event.Target(type: type, id: name.id)
        }
        return nil
    }

    /// `AWS::KMS::Key` as `KMS_KEY`.
    private static func type(_ text: String) -> String {
        var parts = text.split(separator: ":").map(String.init)
        if parts.first == "AWS" { parts.removeFirst() }
        guard parts.count > 1 else { return text }
        return AWSName.type(
            service: parts[0], noun: parts.dropFirst().joined(separator: "-"))
    }

    // MARK: - By the event's name

    private static let creatingVerbs: Set<String> = [
        "Create", "Run", "Allocate", "Register", "Import", "Copy", "Request", "Send", "Start",
    ]

    private var isCreating: Bool { eventName.first.map(Self.creatingVerbs.contains) ?? false }

    private var fromEventName: Event.Target? {
        let nouns = Array(eventName.dropFirst())
        // What is created is named by the response; the request names what it is created in.
        let places = isCreating ? [response, request] : [request, response]
        for count in stride(from: nouns.count, to: 0, by: -1) {
            let noun = nouns.prefix(count).joined()
            for place in places {
                for spelling in [noun, AWSName.singular(noun)] {
                    guard let found = find(noun: spelling, in: place) else { continue }
                    return target(key: found.key, noun: AWSName.singular(noun), id: found.id)
                }
            }
        }
        return nil
    }

    private func find(noun: String, in place: JSONValue) -> (key: String, id: String)? {
        // IAM's names are what people and policies use; its ids appear in responses alone.
        let endings =
            service == "iam"
            ? ["name", "arn", "id"] : ["id", "identifier", "name", "arn", "idset", "ids", "names"]
        for ending in endings + ["namelist", ""] {
            let key = noun.lowercased() + ending
            if let id = place.firstIdentifier(named: key, levels: 6) { return (key, id) }
        }
        return nil
    }

    // MARK: - By well-known keys

    /// Keys of requests, the more particular first, and the type of what they name. An empty type
    /// stands for the service and the key without its ending.
    private static let wellKnown: [(key: String, type: String)] = [
        ("bucketname", "S3_BUCKET"), ("bucket", "S3_BUCKET"), ("rolename", "IAM_ROLE"),
        ("rolearn", "IAM_ROLE"), ("policyarn", "IAM_POLICY"), ("instanceid", "EC2_INSTANCE"),
        ("instanceids", "EC2_INSTANCE"), ("functionname", ""), ("secretid", ""),
        ("keyid", "KMS_KEY"), ("trailname", ""), ("trailnamelist", "CLOUDTRAIL_TRAIL"),
        ("loggroupname", ""), ("tablename", ""), ("topicarn", ""), ("queueurl", ""),
        ("dbinstanceidentifier", ""), ("dbclusteridentifier", ""), ("clustername", ""),
        ("stackname", ""), ("hostedzoneid", ""), ("certificatearn", ""), ("repositoryname", ""),
        ("statemachinearn", ""), ("resourcearn", ""), ("resourceidlist", ""),
        ("networkinterfaceid", ""), ("routetableid", ""), ("internetgatewayid", ""),
        ("natgatewayid", ""), ("volumeid", ""), ("snapshotid", ""), ("imageid", ""),
        ("allocationid", "EC2_ADDRESS"), ("groupid", ""), ("subnetid", ""), ("vpcid", ""),
        ("associationid", ""), ("attachmentid", ""), ("groupname", ""),
        ("username", "IAM_USER"), ("accesskeyid", "IAM_ACCESS_KEY"),
    ]

    private var fromWellKnownKeys: Event.Target? {
        // An elastic IP address and a security group are created under names of their own.
        for key in ["allocationid", "groupid"] where isCreating {
            if let id = response.firstIdentifier(named: key, levels: 1) {
                return target(key: key, noun: "", id: id)
            }
        }
        for (key, _) in Self.wellKnown {
            if let id = request.firstIdentifier(named: key, levels: 1) {
                return target(key: key, noun: "", id: id)
            }
        }
        if let id = request.firstIdentifier(named: "resourceid", levels: 3) {
            return target(
                key: "resourceid", noun: request.field("resourceType")?.string ?? "", id: id)
        }
        if let id = request.field("name")?.string, !id.isEmpty {
            return target(key: "name", noun: AWSName.singular(noun), id: id)
        }
        return nil
    }

    /// What the event's name speaks of.
    private var noun: String {
        // The trail's own name is the request's `name` whatever is done to it.
        service == "cloudtrail" ? "Trail" : eventName.dropFirst().joined()
    }

    private func target(key: String, noun: String, id: String) -> Event.Target {
        if let name = AWSResourceName(id) { return Event.Target(type: name.type, id: name.id) }
        let known = Self.wellKnown.first { $0.key == key }
        var type = known?.type ?? ""
        if type.isEmpty {
            let word = noun.isEmpty ? Self.words[Self.stem(key)] ?? Self.stem(key) : noun
            type = AWSName.type(service: service, noun: word.isEmpty ? "resource" : word)
        }
        let isParameter = type == "SSM_PARAMETER"
        return Event.Target(type: type, id: isParameter ? AWSResourceName.parameter(id) : id)
    }

    private static func stem(_ key: String) -> String {
        for ending in ["identifier", "namelist", "idlist", "name", "url", "arn", "ids", "id"]
        where key.hasSuffix(ending) {
            return String(key.dropLast(ending.count))
        }
        return key
    }

    /// Stems of more than one word, and what AWS means by them.
    private static let words: [String: String] = [
        "dbinstance": "DB-instance", "dbcluster": "DB-cluster", "group": "security-group",
        "hostedzone": "hosted-zone", "internetgateway": "internet-gateway",
        "loggroup": "log-group", "natgateway": "nat-gateway",
        "networkinterface": "network-interface", "routetable": "route-table",
        "statemachine": "state-machine",
    ]

    // MARK: - Where else it may be named

    private var fromServiceDetails: Event.Target? {
        for key in ["additionalEventData", "serviceEventDetails"] {
            guard let details = record[key] else { continue }
            if let text = (details.field("ARN") ?? details.field("arn"))?.string,
                let name = AWSResourceName(text)
            {
                return Event.Target(type: name.type, id: name.id)
            }
            for (key, _) in Self.wellKnown {
                if let id = details.firstIdentifier(named: key, levels: 1) {
                    return target(key: key, noun: "", id: id)
                }
            }
        }
        return nil
    }

    /// A denied call has no parameters; its message says `... on resource: ARN`.
    private var fromError: Event.Target? {
        guard let message = record.field("errorMessage")?.string,
            let marker = message.firstRange(of: "on resource: ")
        else { return nil }
        let word = message[marker.upperBound...].prefix { !$0.isWhitespace }
        return AWSResourceName(String(word)).map { Event.Target(type: $0.type, id: $0.id) }
    }
}

extension JSONValue {
    /// The first identifier under a key of that name in lower case, down to `levels` of objects:
    /// a text, the first of several, or either in one of the wrappings that AWS's protocols leave
    /// behind.
    fileprivate func firstIdentifier(named key: String, levels: Int) -> String? {
        guard levels > 0 else { return nil }
        for member in members where member.key.lowercased() == key {
            if let id = member.value.identifier { return id }
        }
        for member in members {
            // `CreateNatGatewayRequest` and the like only wrap the request.
            let cost = member.key.hasSuffix("Request") ? 0 : 1
            for value in [member.value] + member.value.elements {
                if let id = value.firstIdentifier(named: key, levels: levels - cost) { return id }
            }
        }
        return nil
    }

    private var identifier: String? {
        switch self {
        case .string(let text): text.isEmpty ? nil : text
        case .array(let elements): elements.first?.identifier
        case .object:
            (self.field("content") ?? self.field("item") ?? self.field("items")
                ?? self.field("member"))?.identifier
        case .null, .bool, .number: nil
        }
    }
}
