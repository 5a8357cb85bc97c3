/// The tool behind a CloudTrail record, as far as its user agent tells.
enum CloudTrailSource {
    static func source(userAgent: String, eventName: String, isFromConsole: Bool) -> String {
        let agent = userAgent.lowercased()
        if isFromConsole || eventName == "ConsoleLogin" { return "CONSOLE" }
        return markers.first { agent.contains($0.marker) }?.source ?? "API"
    }

    /// The first that occurs decides: Terraform names the SDK that it is built with, a service's
    /// own agent is its host name.
    private static let markers: [(marker: String, source: String)] = [
        ("terraform", "TERRAFORM_PROVIDER"), ("pulumi", "PULUMI"), ("aws-cdk", "CDK"),
        ("console.amazonaws.com", "CONSOLE"), ("signin.amazonaws.com", "CONSOLE"),
        ("s3console", "CONSOLE"), ("aws-console", "CONSOLE"), ("awsconsole", "CONSOLE"),
        ("mozilla/", "CONSOLE"), ("aws-cli", "CLI"), ("cloudshell", "CLI"),
        (".amazonaws.com", "AWS_SERVICE"), ("aws internal", "AWS_SERVICE"),
        ("boto", "SDK"), ("aws-sdk", "SDK"), ("awssdk", "SDK"),
    ]
}
