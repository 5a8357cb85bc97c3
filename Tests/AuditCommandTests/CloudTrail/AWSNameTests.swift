import Testing

@testable import AuditCommand

struct AWSNameTests {
    @Test(arguments: [
        ("GetBucketAcl", ["Get", "Bucket", "Acl"]),
        ("GetSSHPublicKey", ["Get", "SSH", "Public", "Key"]),
        ("ListMFADevices", ["List", "MFA", "Devices"]),
        ("DBInstance", ["DB", "Instance"]), ("instance-profile", ["instance", "profile"]),
        ("CreateEC2Fleet", ["Create", "EC2", "Fleet"]), ("", []),
    ])
    func words(name: String, expected: [String]) {
        #expect(AWSName.words(name) == expected)
    }

    @Test(arguments: [
        ("arn:aws:s3:::bucket", "S3_BUCKET", "bucket"),
        ("arn:aws:s3:::bucket/a/b.txt", "S3_OBJECT", "bucket/a/b.txt"),
        ("arn:aws:iam::123:role/path/Admin", "IAM_ROLE", "Admin"),
        ("arn:aws:iam::123:root", "IAM_ACCOUNT", "root"),
        ("arn:aws:kms:us-east-1:123:key/dad2-1b23", "KMS_KEY", "dad2-1b23"),
        ("arn:aws:secretsmanager:r:1:secret:db/pass-ZgthLn", "SECRETSMANAGER_SECRET", "db/pass"),
        ("arn:aws:secretsmanager:r:1:secret:short", "SECRETSMANAGER_SECRET", "short"),
        ("arn:aws:ssm:r:1:parameter/a/b", "SSM_PARAMETER", "/a/b"),
        ("arn:aws:ssm:r:1:parameter/single", "SSM_PARAMETER", "single"),
        ("arn:aws:logs:r:1:log-group:/vpc/flow:*", "LOGS_LOG_GROUP", "/vpc/flow"),
        ("arn:aws:ec2:r:1:instance/i-1", "EC2_INSTANCE", "i-1"),
        ("arn:aws:lambda:r:1:function:resize", "LAMBDA_FUNCTION", "resize"),
        ("arn:aws:sns:r:1:alarms", "SNS_TOPIC", "alarms"),
        ("arn:aws-cn:sqs:r:1:jobs", "SQS_QUEUE", "jobs"),
    ])
    func anARNIsATargetWithItsShortID(text: String, type: String, id: String) throws {
        let name = try #require(AWSResourceName(text))
        #expect(name.type == type)
        #expect(name.id == id)
    }

    @Test(arguments: ["", "arn", "bucket", "arn:aws:s3:::", "arn:aws::r:1:x", "urn:a:b:c:d:e"])
    func whatIsNoARN(text: String) {
        #expect(AWSResourceName(text) == nil)
    }

    @Test(arguments: [
        ("Policies", "Policy"), ("Addresses", "Address"), ("Vpcs", "Vpc"), ("Access", "Access"),
        ("Mailboxes", "Mailbox"), ("Role", "Role"),
    ])
    func singular(word: String, expected: String) {
        #expect(AWSName.singular(word) == expected)
    }

    @Test func aParameterHasOneName() {
        #expect(AWSResourceName.parameter("/one") == AWSResourceName.parameter("one"))
        #expect(AWSResourceName.parameter("/a/b") == "/a/b")
    }
}
