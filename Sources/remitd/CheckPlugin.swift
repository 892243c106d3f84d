import ArgumentParser
import Logging
import RemitHost

struct CheckPlugin: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Load plugins, and say what they are or why they cannot be used.")

  @Argument(help: "NAME=PATH of a shared library; with those that it calls.") var plugins: [String]

  func run() throws {
    let loaded = try PluginOptions.load(plugins, logger: Logger(label: "remitd", factory: { _ in LogLine(format: .text) }))
    for line in loaded.summaries { print(line) }
    guard loaded.problems.isEmpty else { throw ExitCode(1) }
  }
}
