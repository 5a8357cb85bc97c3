import AuditModel
import Codec
import Foundation
import Testing

@testable import AuditCommand

/// Real records (Tests/Fixtures/CloudTrail; of Invictus Incident Response, MIT licence), and some
/// made up for the test.
struct CloudTrailMappingTests {
    static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/CloudTrail/records.json").path

    func event(_ id: String) throws -> Event {
        let record = try #require(
            try CloudTrailFiles.records(path: Self.fixture).first { $0["eventID"]?.string == id })
        return try CloudTrailMapping().event(from: record)
    }

    /// A made-up record: `more` is put behind what every record has.
    func madeUp(_ more: String, organization: String? = nil) throws -> Event {
        let json = """
            {"eventID":"0190D2B4-7C3A-7000-8000-000000000001","eventTime":"2023-07-10T11:42:44Z",
            "eventSource":"ec2.amazonaws.com","recipientAccountId":"123",
            "eventName":"DescribeThings"\(more.isEmpty ? "" : ",")\(more)}
            """
        return try CloudTrailMapping(organizationID: organization)
            .event(from: JSONValue(parsing: Array(json.utf8)))
    }

    @Test func aConsoleCallOfAUser() throws {
        let event = try event("d9a07e9d-28ac-45d9-b8ef-43433808f2f0")
        #expect(event.organizationID == "123837392027")
        #expect(event.occurredAt == Timestamp(rfc3339: "2023-07-10T11:42:44Z"))
        #expect(event.eventType == "GetBucketAcl")
        #expect(
            event.target
                == .init(
                    type: "S3_BUCKET", id: "baker221b-bucketssecuritylogsbef08b3e-13nrzhi7fcs7w"))
        #expect(
            event.scope == [
                .init(type: "ACCOUNT", id: "123837392027"), .init(type: "REGION", id: "us-east-1"),
            ])
        #expect(
            event.actor
                == .init(
                    type: .user, id: "arn:aws:iam::123837392027:user/operator-2",
                    name: "operator-2"))
        #expect(event.source == "CONSOLE")
        #expect(event.outcome == .success && event.reason.isEmpty)
        #expect(event.snapshot.isEmpty, "null is no snapshot")
        #expect(event.context.ipAddress == "10.248.16.43")
        #expect(event.context.requestID == "NDWM1TJTAVTRM8FN")
        #expect(event.context.userAgent.hasPrefix("S3Console/0.4"), "brackets are AWS's")
        #expect(event.metadata["mfa_authenticated"] == "true")
        #expect(event.metadata["event_source"] == "s3.amazonaws.com")
        #expect(event.metadata["read_only"] == "true")
        #expect(event.metadata["truncated"] == nil)
    }

    @Test func whatIsCreatedIsNamedByTheResponse() throws {
        let vpc = try event("f5e4b2d3-a4a2-4a78-b81f-9036f12b623e")
        #expect(vpc.target == .init(type: "EC2_VPC", id: "vpc-06fe1a64761a0f720"))
        #expect(vpc.source == "TERRAFORM_PROVIDER")
        #expect(vpc.change.hasPrefix("Create vpc vpc-06fe1a64761a0f720 (cidrBlock=10.0.0.0/16"))
        let snapshot = try JSONValue(parsing: vpc.snapshot)
        #expect(snapshot["vpc"]?["state"]?.string == "pending")
        let group = try event("7475937c-a863-44ce-9878-81e8a268e966")
        #expect(group.target.type == "EC2_SECURITY_GROUP" && group.target.id.hasPrefix("sg-"))
    }

    @Test func aRoleActsAndItsSessionIsNamed() throws {
        let event = try event("fbd91225-39aa-4c00-822c-9f0b96e7758f")
        let role = "stratus-red-team-ec2-get-password-data-role"
        #expect(event.actor.type == .service)
        #expect(event.actor.id == "arn:aws:iam::123837392027:role/\(role)")
        #expect(event.actor.name == "\(role)/aws-go-sdk-1688990082523310002")
        #expect(event.metadata["session_name"] == "aws-go-sdk-1688990082523310002")
        #expect(event.outcome == .denied)
        #expect(event.reason.hasPrefix("Client.UnauthorizedOperation: You are not authorized"))
        #expect(
            event.change == "Get password data i-durz4ux740gjqvcm denied: UnauthorizedOperation")
    }

    @Test func aDeniedCallIsAboutTheResourceOfItsMessage() throws {
        let event = try event("e4bad408-6272-4892-bf47-bd41b435ce40")
        #expect(
            event.target
                == .init(type: "IAM_ROLE", id: "stratus-red-team-ec2-get-password-data-role"))
        #expect(event.outcome == .denied)
    }

    @Test func aServiceThatActsForAUser() throws {
        let event = try event("c6ebc8b7-572c-4123-92bf-9d94933724ca")
        #expect(event.actor.name == "operator-1")
        #expect(event.source == "AWS_SERVICE")
        #expect(event.metadata["invoked_by"] == "secretsmanager.amazonaws.com")
        #expect(event.target == .init(type: "KMS_KEY", id: "dad21b23-9915-42bd-981b-2a9f3c8f20c8"))
    }

    @Test func aServiceEventWithoutAnIdentity() throws {
        let event = try event("d2ba211c-a040-45b6-86d0-33249cc21647")
        #expect(event.actor == .init(type: .service, id: "secretsmanager.amazonaws.com"))
        #expect(
            event.target
                == .init(type: "SECRETSMANAGER_SECRET", id: "stratus-red-team-retrieve-secret-15"))
        let service = try self.event("24239609-ea6d-43a3-8dad-894bebe7f6f1")
        #expect(service.actor == .init(type: .service, id: "cloudtrail.amazonaws.com"))
    }

    @Test func aFailureIsNoDenial() throws {
        let event = try event("111f1ab1-d904-4aab-bc84-95b9ad3b3357")
        #expect(event.outcome == .failure)
        #expect(event.reason == "ThrottlingException: Rate exceeded")
        #expect(event.target == .init(type: "AWS_SERVICE", id: "ssm.amazonaws.com"))
        #expect(event.change == "Put parameter failed: ThrottlingException")
    }

    @Test func requestsInsideRequestsAreFound() throws {
        #expect(
            try event("de095443-8389-4aa2-9bcb-d3295a255169").target.type == "EC2_NAT_GATEWAY")
        #expect(
            try event("cee5b78b-b786-4ae9-936c-d169b0c0b61d").target
                == .init(type: "SSM_ASSOCIATION", id: "56fcb26d-8140-4f3f-8f77-7ff7344b4057"))
    }

    @Test(arguments: [
        (#"{"type":"Root","arn":"arn:aws:iam::1:root"}"#, ActorType.user, "arn:aws:iam::1:root"),
        (#"{"type":"AWSAccount","accountId":"456","principalId":"AIDA"}"#, .apiToken, "AIDA"),
        (
            #"{"type":"AWSService","invokedBy":"config.amazonaws.com"}"#, .service,
            "config.amazonaws.com"
        ),
        (
            #"{"type":"FederatedUser","arn":"arn:aws:sts::1:federated-user/ada"}"#, .user,
            "arn:aws:sts::1:federated-user/ada"
        ),
        (#"{}"#, .apiToken, "unknown"),
        (
            #"{"type":"AssumedRole","principalId":"AROA:ada@example.com","arn":"arn:of:session","#
                + #""sessionContext":{"sessionIssuer":{"userName":"AWSReservedSSO_Admin_1","arn":"r"}}}"#,
            .user, "arn:of:session"
        ),
    ])
    func identities(identity: String, type: ActorType, id: String) throws {
        let actor = try madeUp(#""userIdentity":\#(identity)"#).actor
        #expect(actor.type == type)
        #expect(actor.id == id)
    }

    @Test(arguments: [
        ("aws-cli/2.1 Python/3", "CLI"), ("Boto3/1.26 Python/3", "SDK"),
        ("aws-sdk-go-v2/1.17.0", "SDK"), ("console.amazonaws.com", "CONSOLE"),
        ("Mozilla/5.0 (X11)", "CONSOLE"),
        ("APN/1.0 HashiCorp/1.0 Terraform/1.1", "TERRAFORM_PROVIDER"),
        ("AWS Internal", "AWS_SERVICE"), ("config.amazonaws.com", "AWS_SERVICE"),
        ("my-tool/1", "API"), ("", "API"),
    ])
    func sources(agent: String, expected: String) throws {
        #expect(try madeUp(#""userAgent":"\#(agent)""#).source == expected)
    }

    @Test func aFailedSignInIsAFailure() throws {
        let event = try madeUp(#""responseElements":{"ConsoleLogin":"Failure"}"#)
        #expect(event.outcome == .failure)
    }

    @Test func anOrganizationOfOnesOwn() throws {
        let event = try madeUp("", organization: "acme")
        #expect(event.organizationID == "acme")
        #expect(event.scope.first == .init(type: "ACCOUNT", id: "123"))
        #expect(event.id == "0190d2b4-7c3a-7000-8000-000000000001")
    }

    @Test func whatIsTooLongIsCutAndSaid() throws {
        let long = String(repeating: "é", count: 2_000)
        let event = try madeUp(#""errorMessage":"\#(long)","userAgent":"a\u0000b""#)
        #expect(event.reason.utf8.count <= 1_024)
        #expect(event.reason.hasSuffix("é…"))
        #expect(event.context.userAgent == "a\u{FFFD}b")
        #expect(event.metadata["truncated"] == "reason, user_agent")
    }

    @Test func aSnapshotThatDoesNotFitIsLeftOutAndSaid() throws {
        let long = String(repeating: "x", count: 300_000)
        let event = try madeUp(#""responseElements":{"a":"\#(long)"}"#)
        #expect(event.snapshot.isEmpty)
        #expect(event.metadata["truncated"] == "snapshot")
    }

    @Test func numbersOfASnapshotKeepTheirDigits() throws {
        let event = try madeUp(#""responseElements":{"n":18446744073709551616,"f":1.10}"#)
        #expect(
            String(decoding: event.snapshot, as: UTF8.self)
                == #"{"n":18446744073709551616,"f":1.10}"#)
    }

    @Test(arguments: [
        (#"{}"#, "eventID is missing"), (#"[]"#, "eventID is missing"),
        (#"{"eventID":"x"}"#, "eventID is not a UUID"),
        (
            #"{"eventID":"0190D2B4-7C3A-7000-8000-000000000001","eventTime":"soon"}"#,
            "eventTime is not an RFC 3339 time"
        ),
    ])
    func aRecordThatIsNone(json: String, message: String) throws {
        let record = try JSONValue(parsing: Array(json.utf8))
        let fault = #expect(throws: CloudTrailMapping.Fault.self) {
            try CloudTrailMapping().event(from: record)
        }
        #expect(fault?.message == message)
    }
}

struct CloudTrailFilesTests {
    @Test(arguments: [
        ("not json", "not valid JSON"), ("{}", "has no array of Records"),
        (#"{"Records":{}}"#, "has no array of Records"), ("\u{1F}", "not valid JSON"),
    ])
    func aFileThatIsNoneIsNamed(text: String, message: String) {
        let error = #expect(throws: CommandError.self) {
            try CloudTrailFiles.records(of: Array(text.utf8), name: "strange.json")
        }
        #expect(error?.status == .refused)
        #expect(error?.message.hasPrefix("strange.json: ") == true)
        #expect(error?.message.contains(message) == true)
    }

    @Test func aCompressedFileSaysWhatToDo() {
        let error = #expect(throws: CommandError.self) {
            try CloudTrailFiles.records(of: [0x1F, 0x8B, 8, 0], name: "a.json.gz")
        }
        #expect(error?.message.contains("gunzip") == true)
    }

    @Test func aFileThatIsNotThereIsAUsageError() {
        let error = #expect(throws: CommandError.self) {
            try CloudTrailFiles.expand(["/nowhere/missing.json"])
        }
        #expect(error?.status == .usage)
        #expect(error?.message.contains("/nowhere/missing.json") == true)
    }

    @Test func aFolderIsSearched() throws {
        let folder = URL(fileURLWithPath: CloudTrailMappingTests.fixture)
            .deletingLastPathComponent().path
        #expect(try CloudTrailFiles.expand([folder]) == [CloudTrailMappingTests.fixture])
    }
}

/// All the real files, where they lie beside the project.
struct CloudTrailCorpusTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("shared/data/cloudtrail").path
    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder) }

    @Test(.enabled(if: isPresent, "no CloudTrail files beside the project"))
    func everyRecordIsAnEventThatTheContractAllows() throws {
        var ids: Set<String> = []
        for path in try CloudTrailFiles.expand([Self.folder]) {
            for record in try CloudTrailFiles.records(path: path) {
                let event = try CloudTrailMapping().event(from: record)
                ids.insert(event.id)
                #expect(!event.target.type.isEmpty && !event.target.id.isEmpty, "\(event.id)")
                #expect(event.actor.type != .unspecified && !event.actor.id.isEmpty)
                #expect((event.outcome == .success) == (record.field("errorCode") == nil))
                #expect(event.metadata.count <= 64)
                let request = RecordRequest(events: [event])
                try request.encoded().withUnsafeBytes { bytes in
                    _ = try RecordDecoder.decode(
                        bytes, now: Timestamp(nanosecondsSinceEpoch: 1_700_000_000_000_000_000),
                        makeID: { EventID(high: 0, low: 0) })
                }
            }
        }
        #expect(ids.count == 2_093)
    }
}
