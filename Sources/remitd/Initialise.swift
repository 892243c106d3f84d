import ArgumentParser
import RemitHost

struct Initialise: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make the demo companies, and print a key for each. It cannot be shown again.")

  @Option(help: "The database, as an administrator: postgresql://...") var database: String
  @Flag(help: "Two companies to try Remit with.") var demo = false

  func validate() throws {
    guard demo else { throw ValidationError("say --demo: other companies are not provisioned by this version") }
  }

  func run() async throws {
    try await reportingErrors {
      for (company, key) in try DemoCompanies.make(url: database) { print("\(company) \(key)") }
    }
  }
}
