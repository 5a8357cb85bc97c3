/// The cases, by the names that gRPC's interop test descriptions give them.
enum InteropCase: String, CaseIterable {
    case emptyUnary = "empty_unary"
    case largeUnary = "large_unary"
    case clientCompressedUnary = "client_compressed_unary"
    case serverCompressedUnary = "server_compressed_unary"
    case clientStreaming = "client_streaming"
    case clientCompressedStreaming = "client_compressed_streaming"
    case serverStreaming = "server_streaming"
    case serverCompressedStreaming = "server_compressed_streaming"
    case slowConsumer = "slow_consumer"
    case pingPong = "ping_pong"
    case halfDuplex = "half_duplex"
    case emptyStream = "empty_stream"
    case customMetadata = "custom_metadata"
    case statusCodeAndMessage = "status_code_and_message"
    case specialStatusMessage = "special_status_message"
    case unimplementedMethod = "unimplemented_method"
    case unimplementedService = "unimplemented_service"
    case cancelAfterBegin = "cancel_after_begin"
    case cancelAfterFirstResponse = "cancel_after_first_response"
    case timeoutOnSleepingServer = "timeout_on_sleeping_server"
    case rpcSoak = "rpc_soak"
    case channelSoak = "channel_soak"
    // The negative ones, for servers that do what they should not (http2-interop-test-descriptions.md).
    case goaway
    case rstAfterHeader = "rst_after_header"
    case rstDuringData = "rst_during_data"
    case rstAfterData = "rst_after_data"
    case ping
    case maxStreams = "max_streams"
    case dataFramePadding = "data_frame_padding"
    case smallDataFrames = "no_df_padding_sanity_test"

    /// What `all` means: the cases that every good server passes.
    static let published = allCases.prefix { $0 != .goaway }

    func run(_ context: CaseContext) async throws {
        switch self {
        case .emptyUnary: try await context.emptyUnary()
        case .largeUnary: try await context.largeUnary()
        case .clientCompressedUnary: try await context.clientCompressedUnary()
        case .serverCompressedUnary: try await context.serverCompressedUnary()
        case .clientStreaming: try await context.clientStreaming()
        case .clientCompressedStreaming: try await context.clientCompressedStreaming()
        case .serverStreaming: try await context.serverStreaming()
        case .serverCompressedStreaming: try await context.serverCompressedStreaming()
        case .slowConsumer: try await context.slowConsumer()
        case .pingPong: try await context.pingPong()
        case .halfDuplex: try await context.halfDuplex()
        case .emptyStream: try await context.emptyStream()
        case .customMetadata: try await context.customMetadata()
        case .statusCodeAndMessage: try await context.statusCodeAndMessage()
        case .specialStatusMessage: try await context.specialStatusMessage()
        case .unimplementedMethod: try await context.unimplementedMethod()
        case .unimplementedService: try await context.unimplementedService()
        case .cancelAfterBegin: try await context.cancelAfterBegin()
        case .cancelAfterFirstResponse: try await context.cancelAfterFirstResponse()
        case .timeoutOnSleepingServer: try await context.timeoutOnSleepingServer()
        case .rpcSoak: try await context.rpcSoak()
        case .channelSoak: try await context.channelSoak()
        case .goaway: try await context.goaway()
        case .rstAfterHeader, .rstDuringData, .rstAfterData: try await context.resetUnary()
        case .ping, .dataFramePadding, .smallDataFrames: try await context.largeUnary()
        case .maxStreams: try await context.maxStreams()
        }
    }
}
