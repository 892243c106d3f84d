import ArgumentParser
import Glibc
import Logging
import RemitHost

/// Which plugins to load.
struct PluginOptions: ParsableArguments {
  @Option(
    name: .customLong("plugin"),
    help: "A plugin: NAME, which is libNAME.so beside remitd, or NAME=PATH. Repeat it for more. (default: those that come with Remit)")
  var plugins: [String] = []

  private static func sources(_ plugins: [String]) throws -> [PluginSource] {
    try (plugins.isEmpty ? bundledModules : plugins).map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let name = parts.first, !name.isEmpty, parts.last != "" else {
        throw ValidationError("a plugin is NAME or NAME=PATH, not \"\(text)\"")
      }
      guard parts.count == 2 else { return PluginSource(name: name, path: path(of: name)) }
      // The loader would look for a file without a folder in those of the system only.
      return PluginSource(name: name, path: parts[1].contains("/") ? parts[1] : "./\(parts[1])")
    }
  }

  /// Loads the plugins, and says of each that cannot be used why, on one line. Without any left it ends the program.
  func load(logger: Logger) throws -> LoadedPlugins { try Self.load(plugins, logger: logger) }

  static func load(_ plugins: [String], logger: Logger) throws -> LoadedPlugins {
    let loaded = LoadedPlugins(try sources(plugins), logger: logger)
    for problem in loaded.problems { logger.error("\(problem)") }
    guard !loaded.isEmpty else { throw ExitCode(1) }
    return loaded
  }

  private static func path(of name: String) -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
    let folder = String(decoding: buffer[0..<length], as: UTF8.self).split(separator: "/").dropLast().joined(separator: "/")
    return "/\(folder)/lib\(name.prefix(1).uppercased())\(name.dropFirst()).so"
  }
}

/// One line on standard error.
func printError(_ message: String) {
  let line = Array("remitd: \(message)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
}

/// Runs `body`; an error becomes one clear line and exit code 1.
func reportingErrors(_ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let code as ExitCode {
    throw code
  } catch {
    printError("\(error)")
    throw ExitCode(1)
  }
}
