extension FileSystem {
    /// Makes a folder and its missing parents, and their names durable.
    ///
    /// The name of a folder that is there is made durable too: a process that was killed may have
    /// made it and not come to that.
    func makeFolder(_ path: String) throws(FileError) {
        let parent = FolderPath.parent(of: path)
        let isNew: Bool
        do {
            isNew = try createDirectory(path)
        } catch {
            guard error.isMissing, parent != path else { throw error }
            try makeFolder(parent)
            isNew = try createDirectory(path)
        }
        do {
            try synchronizeDirectory(parent)
        } catch {
            // Who may not read the parent is given the folder by someone else, who vouches for it.
            guard !isNew, error.isForbidden else { throw error }
        }
    }
}

enum FolderPath {
    /// The folder that holds the name of `path`.
    static func parent(of path: String) -> String {
        let name = withoutTrailingSlashes(path)
        guard let slash = name.lastIndex(of: "/") else { return name.isEmpty ? path : "." }
        return withoutTrailingSlashes(String(name[...slash]))
    }

    /// What is behind the last slash.
    static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The root keeps its slash.
    static func withoutTrailingSlashes(_ path: String) -> String {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
