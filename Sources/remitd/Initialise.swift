import ArgumentParser
import Logging
import RemitHost

struct Initialise: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make the demo companies, and print a key for each. It cannot be shown again.")

  @Option(help: "The database, as an administrator: postgresql://...") var database: String
  @OptionGroup var plugins: PluginOptions
  @Flag(help: "Two companies to try Remit with.") var demo = false

  func validate() throws {
    guard demo else { throw ValidationError("say --demo: other companies are not provisioned by this version") }
  }

  func run() async throws {
    try await reportingErrors {
      let loaded = try plugins.load(logger: Logger(label: "remitd"))
      guard loaded.problems.isEmpty else { throw ExitCode(1) }
      for (company, key) in try DemoCompanies.make(url: database, plugins: loaded) { print("\(company) \(key)") }
    }
  }
}
