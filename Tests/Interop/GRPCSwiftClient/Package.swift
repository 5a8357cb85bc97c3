// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that AuditRPC does not depend on another gRPC stack. `make test` builds it.
let package = Package(
    name: "GRPCSwiftClient",
    products: [
        .executable(name: "grpc-swift-client", targets: ["GRPCSwiftClient"])
    ],
    dependencies: [
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // A link to the messages of the other two: the cases are about the wire, not about protobuf.
        .target(name: "InteropMessages"),
        .executableTarget(
            name: "GRPCSwiftClient",
            dependencies: [
                "InteropMessages",
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(
                    name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
