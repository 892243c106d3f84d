import ArgumentParser
import Logging
import RemitHost

struct Migrate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Prepare a database, or bring it up to date.")

  @Option(help: "The database, as an administrator: postgresql://...") var database: String
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    try await reportingErrors {
      let loaded = try plugins.load(logger: Logger(label: "remitd", factory: { _ in LogLine(format: .text) }))
      guard loaded.problems.isEmpty else { throw ExitCode(1) }
      let applied = try Migrator(url: database).migrate(loaded)
      for name in applied { print("applied \(name)") }
      if applied.isEmpty { print("the database is up to date") }
    }
  }
}
