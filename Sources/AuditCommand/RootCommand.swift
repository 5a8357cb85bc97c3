import ArgumentParser

@main
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "auditrpc")
}
