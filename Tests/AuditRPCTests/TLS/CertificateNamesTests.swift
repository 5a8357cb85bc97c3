import NIOSSL
import Testing

@testable import AuditRPC

struct CertificateNamesTests {
    @Test(arguments: [
        ("audit.example", "audit.example", true), ("Audit.Example", "aUDIT.eXAMPLE", true),
        ("audit.example", "audit.example.", true), ("audit.example.", "audit.example", true),
        ("audit.example", "audit.example.org", false), ("audit.example", "example", false),
        ("*.example.org", "audit.example.org", true), ("*.example.org", "example.org", false),
        ("*.example.org", "a.b.example.org", false), ("*.example.org", ".example.org", false),
        ("a*.example.org", "audit.example.org", false), ("*", "localhost", false),
        ("audit.*.org", "audit.example.org", false), ("", "localhost", false),
    ])
    func matching(name: String, host: String, expected: Bool) {
        #expect(CertificateNames(names: [name]).contain(host) == expected)
        #expect(CertificateNames(names: ["other", name]).contain(host) == expected)
    }

    @Test func anAddressIsNoName() {
        #expect(!CertificateNames(names: [], addresses: ["127.0.0.1"]).contain("127.0.0.1"))
    }

    @Test func readsACertificate() throws {
        let certificate = try NIOSSLCertificate.fromPEMFile(Certificates.path("server.pem"))[0]
        #expect(
            CertificateNames(certificate)
                == CertificateNames(names: ["localhost"], addresses: ["127.0.0.1", "::1"]))
        let client = try NIOSSLCertificate.fromPEMFile(Certificates.path("client.pem"))[0]
        #expect(CertificateNames(client).text == "no name (its subjectAltName is empty)")
    }

    @Test func aMessageShowsAFew() {
        let names = CertificateNames(names: (1...7).map { "n\($0)" })
        #expect(names.text == "n1, n2, n3, n4, n5 and others")
    }
}
