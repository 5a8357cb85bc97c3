import Codec
import Testing

@testable import Access

@Suite("The access file")
struct AccessRulesTests {
    /// The one of docs/operating.md.
    private static let example = """
        {"certificates":[
        {"uri":"spiffe://example.org/billing","organization":"acme","role":"recorder","source":"BILLING",\
        "name":"billing"},
        {"subject":"CN=ops,O=Example","role":"operator"},
        {"dns":"ci.example.org","organizations":["acme","globex"],"role":"reader"}],
        "jwt":{"issuer":"https://login.example.org","audience":"auditrpc","jwks":"jwks.json",
        "organization_claim":"org","role_claim":"auditrpc_role","roles":{"audit-reader":"reader"},
        "name_claim":"email"}}
        """

    private func rules(_ text: String) throws -> AccessRules {
        try AccessRules(json: Array(text.utf8))
    }

    @Test("it is read")
    func itIsRead() throws {
        let rules = try rules(Self.example)
        #expect(rules.certificates?.map(\.grant.roles) == [.recorder, .operator, .reader])
        #expect(rules.certificates?[1].grant.reach == .all)
        #expect(rules.jwt?.keyFile == "jwks.json")
        #expect(rules.jwt?.role(named: "audit-reader") == .reader)
        #expect(rules.jwt?.role(named: "reader") == nil)
    }

    @Test(
        "each fault names its member",
        arguments: [
            (#""certificates""#, #""certificate""#, "means nothing here: certificate"),
            (#""role":"operator""#, #""rol":"operator""#, "certificates[1] has a member"),
            (#""role":"operator""#, #""role":"root""#, "role of certificates[1]"),
            (#""role":"operator""#, #""role":"viewer""#, "role of certificates[1]"),
            (#""role":"operator""#, #""role":7"#, "role of certificates[1] is not a string"),
            (#""role":"operator""#, #""name":"x""#, "certificates[1] has no role"),
            (#""role":"operator""#, #""role":"admin""#, "certificates[1] needs an organization"),
            (#","role":"operator""#, #","role":"operator","organization":"a""#, "certificates[1]"),
            (#""organization":"acme","#, #""organization":"","#, "certificates[0] needs"),
            (#"["acme","globex"]"#, #"["acme",7]"#, "organizations of certificates[2]"),
            (#"["acme","globex"]"#, #""acme""#, "organizations of certificates[2] is not a list"),
            (#"["acme","globex"]"#, #"["acme"],"organization":"a""#, "certificates[2] has both"),
            (#""dns":"ci"#, #""dns":"*"#, "dns of certificates[2]"),
            (#""dns":"ci.example.org","#, "", "certificates[2] needs exactly one"),
            (#""dns":"ci.example.org","#, #""dns":"a","uri":"a://b","#, "exactly one"),
            (#"spiffe://example.org/billing"#, "spiffe://*", "uri of certificates[0]"),
            (#""subject":"CN=ops,O=Example""#, #""subject":"a\nb""#, "subject of certificates[1]"),
            (#""issuer":"https://login.example.org","#, "", "jwt has no issuer"),
            (#""audience":"auditrpc""#, #""audience":"""#, "audience of jwt"),
            (#""jwks":"jwks.json","#, "", "jwt has no jwks"),
            (#""roles":{"audit-reader":"reader"}"#, #""roles":{}"#, "roles of jwt"),
            (#""audit-reader":"reader""#, #""audit-reader":"boss""#, "roles.audit-reader of jwt"),
            (#""name_claim":"email""#, #""name_claim":7"#, "name_claim of jwt"),
        ])
    func eachFaultNamesItsMember(part: String, instead: String, words: String) throws {
        let text = Self.example.replacing(part, with: instead)
        #expect(text != Self.example)
        let error = #expect(throws: AccessFileError.self) { try rules(text) }
        #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
    }

    @Test("a file that says nothing is a mistake")
    func aFileThatSaysNothingIsAMistake() {
        for text in ["", "{}", "[]", "{\"jwt\":", "null"] {
            #expect(throws: AccessFileError.self) { try rules(text) }
        }
    }
}
