// swift-tools-version: 6.2
import PackageDescription

/// The settings of every Swift target: strict, and the same everywhere.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A target of ours; the arrows of docs/design.md are its dependencies, and the build refuses any other import.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdHTTP2 = Target.Dependency.product(name: "HummingbirdHTTP2", package: "hummingbird")
let arguments = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

/// What the targets of Fuzz/ look at.
let fuzzed: [Target.Dependency] = [
    "Access", "AuditGateway", "AuditModel", "AuditRPC", "Codec", "EventStore", "TestSupport",
    nioCore,
    nioEmbedded, logging,
]

/// The same functions twice: as tests, which replay the kept inputs, or (with AUDITRPC_FUZZ set, as dev/fuzz does) as
/// the program that libFuzzer drives. A package of its own could not see what they look at, and a program that is
/// always there could not be linked without libFuzzer.
let fuzzTargets: [Target] =
    Context.environment["AUDITRPC_FUZZ"] == nil
    ? [
        .testTarget(
            name: "FuzzTests", dependencies: fuzzed, path: "Fuzz",
            exclude: ["CLibFuzzer", "Corpus", "Driver"], sources: ["Targets", "Replay"],
            swiftSettings: strict)
    ]
    : [
        .systemLibrary(name: "CLibFuzzer", path: "Fuzz/CLibFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: fuzzed + ["CLibFuzzer"], path: "Fuzz",
            exclude: ["CLibFuzzer", "Corpus", "Replay"], sources: ["Targets", "Driver"],
            swiftSettings: strict),
    ]

let package = Package(
    name: "AuditRPC",
    products: [
        .executable(name: "auditrpc", targets: ["AuditCommand"]),
        .library(name: "AuditClient", targets: ["AuditClient"]),
        .executable(name: "interop-server", targets: ["InteropServer"]),
        .executable(name: "interop-client", targets: ["InteropClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        // System libraries: a module map and a shim.h each.
        .systemLibrary(
            name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(
            name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(
            name: "CRoaring", pkgConfig: "roaring", providers: [.apt(["libroaring-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CThreads"),
        // protoc-c output, checked in; `make proto` makes it anew.
        .target(name: "CAuditProto", dependencies: ["CProtobufC"]),

        // The page: its files as constants of the program.
        .target(name: "PageAssets", exclude: ["page"]),

        library("AuditModel", []),
        library("Codec", ["AuditModel", "CAuditProto", "CProtobufC"]),
        library("Access", ["AuditModel", "Codec", crypto, jwtKit, x509, asn1]),
        library("EventStore", ["AuditModel", "CRoaring", "CXXHash", "CZstd"]),
        library("Subscribe", ["AuditModel", "Codec"]),
        library(
            "AuditRPC",
            ["CNghttp2", "CThreads", "CZlib", nioCore, nioPosix, nioTLS, nioSSL, logging]),
        library("RPCServices", ["AuditRPC", "Codec", nioCore]),
        library(
            "AuditService",
            [
                "Access", "AuditModel", "AuditRPC", "CMalloc", "CThreads", "Codec", "EventStore",
                "RPCServices", "Subscribe", nioCore, nioPosix, logging, lifecycle,
            ]),
        library(
            "AuditGateway",
            [
                "AuditModel", "AuditRPC", "AuditService", "Codec", "PageAssets", nioCore, nioSSL,
                logging, lifecycle, crypto, httpTypes, hummingbird, hummingbirdCore,
                hummingbirdHTTP2,
            ]),
        library("AuditClient", ["AuditModel", "AuditRPC", "Codec", nioCore, nioPosix, logging]),
        .executableTarget(
            name: "AuditCommand",
            dependencies: [
                "Access", "AuditModel", "AuditClient", "AuditGateway", "AuditService", "Codec",
                logging, lifecycle, arguments,
            ],
            swiftSettings: strict),

        // The interop cases of gRPC: both ends of `grpc.testing.TestService` on AuditRPC.
        .target(name: "InteropMessages", path: "Tests/Interop/Messages", swiftSettings: strict),
        .executableTarget(
            name: "InteropServer",
            dependencies: ["InteropMessages", "AuditRPC", nioCore, logging, arguments],
            path: "Tests/Interop/Server", swiftSettings: strict),
        .executableTarget(
            name: "InteropClient",
            dependencies: ["InteropMessages", "AuditRPC", nioCore, nioPosix, logging, arguments],
            path: "Tests/Interop/Client", swiftSettings: strict),

        // What `make bench` measures beside other servers.
        .executableTarget(
            name: "EchoServer", dependencies: ["AuditRPC", logging],
            path: "Benchmarks/EchoServer", swiftSettings: strict),
        .executableTarget(
            name: "StoreBench",
            dependencies: ["AuditModel", "AuditService", "Codec", "EventStore"],
            path: "Benchmarks/StoreBench", swiftSettings: strict),

        .target(
            name: "TestSupport",
            dependencies: [
                "Access", "AuditModel", "AuditService", "Codec", "EventStore", logging, crypto,
            ],
            path: "Tests/TestSupport",
            swiftSettings: strict),
        tests("CodecTests", ["AuditModel", "Codec", "TestSupport"]),
        tests("AccessTests", ["Access", "AuditModel", "Codec", "TestSupport", crypto, x509, asn1]),
        tests("EventStoreTests", ["AuditModel", "EventStore", "TestSupport"]),
        tests("SubscribeTests", ["AuditModel", "Codec", "Subscribe", "TestSupport"]),
        tests(
            "AuditRPCTests",
            [
                "AuditRPC", "CNghttp2", "CThreads", "TestSupport", nioCore, nioEmbedded, nioPosix,
                nioTLS, nioSSL, logging,
            ]),
        tests(
            "RPCServicesTests", ["AuditRPC", "Codec", "RPCServices", nioCore, nioPosix, logging]),
        tests(
            "AuditServiceTests",
            [
                "Access", "AuditModel", "AuditService", "AuditClient", "AuditRPC", "CThreads",
                "Codec",
                "EventStore", "Subscribe", "TestSupport", nioCore, nioPosix, logging,
            ]),
        tests(
            "AuditGatewayTests",
            ["AuditGateway", "AuditModel", "AuditRPC", "Codec", "PageAssets", nioCore]),
        tests(
            "AuditClientTests",
            [
                "AuditModel", "AuditClient", "AuditRPC", "AuditService", "Codec", "TestSupport",
                nioCore, nioPosix, logging,
            ]),
        tests(
            "AuditCommandTests",
            [
                "AuditModel", "AuditCommand", "AuditClient", "AuditRPC", "AuditService", "Codec",
                "TestSupport", arguments, logging,
            ]),
    ] + fuzzTargets,
    swiftLanguageModes: [.v6]
)
