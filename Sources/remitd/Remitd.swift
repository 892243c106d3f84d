import ArgumentParser

@main
struct Remitd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remitd", abstract: "The Remit server.", subcommands: [Migrate.self, Initialise.self, Serve.self, CheckPlugin.self])
}
