import ArgumentParser
import Logging
import RemitHost

struct CheckPlugin: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Load a plugin, and say what it is or why it cannot be used.")

  @Argument(help: "NAME=PATH of the shared library.") var plugin: String

  func run() throws {
    let loaded = try PluginOptions.load([plugin], logger: Logger(label: "remitd"))
    for line in loaded.summaries { print(line) }
  }
}
