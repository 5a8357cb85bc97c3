import TestSupport
import Testing

@testable import Access

@Suite("The keys that JWTs are verified with")
struct KeySetTests {
    private let elliptic = SigningKey("k1").jwk
    /// The 2048 bits of RFC 7515 A.2.1.
    private static let modulus = """
        ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR\
        T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-\
        UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2eth\
        FkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ
        """

    private func file(_ keys: String...) throws -> KeySetFile {
        try KeySetFile(json: Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8))
    }

    private func rsa(_ more: String = "", modulus: String = modulus) -> String {
        #"{"kty":"RSA","kid":"r","n":"\#(modulus)","e":"AQAB"\#(more)}"#
    }

    @Test("a key is for its algorithms and no other")
    func aKeyIsForItsAlgorithms() async throws {
        let edwards =
            #"{"kty":"OKP","crv":"Ed25519","kid":"e","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        let keys = try await KeySet(file(elliptic, rsa(), edwards)).keys
        #expect(Set(keys.keys) == ["k1", "r", "e"])
        #expect(keys["k1"]?.algorithms.keys.sorted() == ["ES256"])
        #expect(keys["e"]?.algorithms.keys.sorted() == ["EdDSA"])
        #expect(
            keys["r"]?.algorithms.keys.sorted()
                == ["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"])
        let named = try await KeySet(file(rsa(#","alg":"RS256""#))).keys
        #expect(named["r"]?.algorithms.keys.sorted() == ["RS256"])
    }

    @Test("what is of no use is passed over")
    func whatIsOfNoUseIsPassedOver() throws {
        for other in [
            rsa(#","use":"enc""#), rsa(#","alg":"RSA-OAEP""#), rsa(#","key_ops":["encrypt"]"#),
            #"{"kty":"EC","crv":"secp256k1","kid":"x","x":"AA","y":"AA"}"#,
            #"{"kty":"OKP","crv":"X25519","kid":"x","x":"AA"}"#, #"{"kty":"AKP","kid":"x"}"#,
        ] {
            #expect(try file(elliptic, other).keys.keys.sorted() == ["k1"], "\(other)")
            #expect(throws: AccessFileError.self, "\(other)") { try file(other) }
        }
    }

    @Test(
        "what must not be there is named",
        arguments: [
            (#"{"kty":"oct","kid":"x","k":"c2VjcmV0"}"#, "keys[1] is a shared secret"),
            (#"{"kty":"oct","kid":"x","k":"c2VjcmV0","use":"enc"}"#, "keys[1] is a shared secret"),
            (#"{"kty":"EC","crv":"P-256","kid":"x","x":"AA","y":"AA","d":"AA"}"#, "private key"),
            (#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, "keys[1] has no kid"),
            (#"{"kty":"EC","crv":"P-256","kid":"k1","x":"AA","y":"AA"}"#, "kid of another key: k1"),
            (#"{"kty":"EC","crv":"P-256","kid":"x","x":"AA"}"#, "keys[1] has no y"),
            (#"{"kid":"x"}"#, "keys[1] has no kty"), ("7", "keys[1] is not an object"),
        ])
    func whatMustNotBeThereIsNamed(key: String, words: String) throws {
        let error = #expect(throws: AccessFileError.self) { try file(elliptic, key) }
        #expect(error?.reason.contains(words) == true, "\(error?.reason ?? "")")
        #expect(error?.reason.contains("c2VjcmV0") == false)
    }

    @Test("a file that is none")
    func aFileThatIsNone() {
        for text in ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#, "{\"keys\":"] {
            #expect(throws: AccessFileError.self) { try KeySetFile(json: Array(text.utf8)) }
        }
    }

    @Test("numbers that are no key, and keys that are too short")
    func numbersThatAreNoKey() async throws {
        let off = #"{"kty":"EC","crv":"P-256","kid":"x","x":"AAAA","y":"AAAA"}"#
        let short = rsa(modulus: String(repeating: "q", count: 171))
        for key in [off, short, rsa(modulus: "!")] {
            let file = try file(key)
            let error = await #expect(throws: AccessFileError.self) { try await KeySet(file) }
            #expect(error?.reason.contains("cannot be used") == true)
        }
    }
}
