import CLibFuzzer
import Glibc

/// `fuzz TARGET [what libFuzzer takes]`: fuzzes one target, or replays the files that it is given.
/// Without a target it lists them.
@main
enum Driver {
    static func main() {
        guard CommandLine.argc > 1 else {
            for target in FuzzTarget.all { print(target.name) }
            return
        }
        let name = CommandLine.arguments[1]
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            print("there is no target \(name)")
            exit(64)
        }
        chosen = target
        // The target's name takes the place of the program's: libFuzzer finds its options behind it.
        var count = CommandLine.argc - 1
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? =
            CommandLine.unsafeArgv + 1
        // What stands first is what libFuzzer starts again for `-jobs` and `-merge`.
        let status = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            Driver.run(UnsafeRawBufferPointer(start: start, count: count))
            return 0
        }
        exit(status)
    }

    // Set once, before libFuzzer begins; it calls from this thread alone.
    nonisolated(unsafe) private static var chosen: FuzzTarget?

    private static func run(_ bytes: UnsafeRawBufferPointer) {
        do {
            try chosen?.run(bytes)
        } catch {
            fatalError("\(error)")
        }
    }
}
