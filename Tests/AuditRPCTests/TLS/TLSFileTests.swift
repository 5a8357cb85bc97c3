import Foundation
import TestSupport
import Testing

@testable import AuditRPC

/// Files that cannot be used: what is wrong is said, with the file, before anything listens.
@Suite struct TLSFileTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func write(_ text: String, _ name: String = "file") throws -> String {
        let path = folder.path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func problem(
        certificate: String? = nil, key: String? = nil, clientCA: String? = nil
    ) -> String? {
        let good = Certificates.server()
        let tls = RPCServerTLS(
            certificateFile: certificate ?? good.certificateFile, keyFile: key ?? good.keyFile,
            clientCAFile: clientCA)
        let error = #expect(throws: RPCError.self) {
            try RPCListeners([.tcp(host: "127.0.0.1", port: 0)], tls: tls)
        }
        #expect(error?.code == .invalidArgument)
        return error?.message
    }

    @Test func aMissingFile() {
        let path = folder.path + "/none"
        #expect(problem(certificate: path) == "the certificate file \(path) does not exist")
        #expect(problem(key: path) == "the key file \(path) does not exist")
        #expect(problem(clientCA: path) == "the client CA file \(path) does not exist")
    }

    @Test func aFolder() {
        #expect(
            problem(key: folder.path) == "the key file \(folder.path) is not a regular file")
    }

    @Test func aPipe() {
        let path = folder.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        #expect(problem(key: path) == "the key file \(path) is not a regular file")
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func aFileThatMayNotBeRead() throws {
        let path = try write("")
        #expect(chmod(path, 0) == 0)
        #expect(problem(key: path)?.contains("permission denied") == true)
    }

    @Test func aFileThatIsTooLong() throws {
        let path = try write(String(repeating: "x", count: (1 << 20) + 1))
        #expect(problem(key: path) == "the key file \(path) is longer than 1048576 bytes")
    }

    @Test func aFileThatIsNoPEM() throws {
        let path = try write("hello")
        #expect(problem(certificate: path)?.contains("\(path) holds no certificate in PEM") == true)
        #expect(problem(key: path)?.contains("\(path) holds no private key in PEM") == true)
        #expect(problem(clientCA: path)?.contains("\(path) holds no certificate") == true)
    }

    @Test func pemThatIsDamaged() throws {
        let certificate = try write(
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "c")
        #expect(problem(certificate: certificate)?.contains("cannot be read") == true)
        let key = try write("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "k")
        #expect(problem(key: key)?.contains("cannot be read") == true)
    }

    @Test func aKeyWithAPassphrase() throws {
        let key = try write(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
        #expect(problem(key: key)?.contains("without a passphrase") == true)
    }

    @Test func theTwoFilesSwapped() {
        let good = Certificates.server()
        let problem = problem(certificate: good.keyFile, key: good.certificateFile)
        #expect(problem?.contains("\(good.keyFile) holds no certificate") == true)
    }

    @Test func theKeyOfAnother() {
        let key = Certificates.path("renewed.key")
        let certificate = Certificates.path("server.pem")
        #expect(
            problem(key: key)
                == "the key in \(key) is not that of the first certificate in \(certificate)")
    }

    @Test func halfAClientCertificate() {
        for tls in [
            RPCClientTLS(certificateFile: Certificates.path("client.pem")),
            RPCClientTLS(keyFile: Certificates.path("client.key")),
        ] {
            let error = #expect(throws: RPCError.self) {
                try ClientIdentity(tls, host: "localhost", limits: RPCLimits())
            }
            #expect(error?.message.contains("needs its key") == true)
        }
    }

    @Test func aServerNameThatIsAnAddress() {
        let error = #expect(throws: RPCError.self) {
            try ClientIdentity(
                RPCClientTLS(caFile: Certificates.path("ca.pem"), serverName: "127.0.0.1"),
                host: "localhost", limits: RPCLimits())
        }
        #expect(error?.message.contains("127.0.0.1 is an address") == true)
    }
}
