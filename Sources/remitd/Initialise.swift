import ArgumentParser
import RemitHost

struct Initialise: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make the first operator's key, and print it. It cannot be shown again.")

  @Option(help: "The database, as an administrator: postgresql://...") var database: String
  @Flag(help: "Make one though there is one: where it was lost.") var another = false

  func run() async throws {
    try await reportingErrors { print(try Operators.makeKey(url: database, another: another)) }
  }
}
