import ArgumentParser
import Glibc
import Synchronization

@main
struct Remit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remit", abstract: "Work with a company's receivables in Remit, and run an installation of it.",
    discussion: """
      remit MODULE lists what else a module does; remit MODULE NOUN VERB calls it, such as remit ledger tax-policy get.
      The address of remitd and the company's key come from --address and --key, or from REMIT_ADDRESS and REMIT_KEY.
      Exit codes: 0 done, 1 refused by Remit, 64 a wrong command line, 65 rows of a file refused, 66 a file that cannot be read,
      69 remitd cannot be reached, 77 a wrong key or no permission.
      """,
    subcommands: [
      Import.self, Customers.self, Documents.self, Items.self, AgeingCommand.self, Post.self, Allocate.self, Allocations.self, Undo.self,
      Reverse.self,
      History.self, StatementCommand.self, TrialBalanceCommand.self, Periods.self, Journal.self, Accounts.self, Numbers.self,
      Rates.self, Indicators.self, InterestCommand.self, Keys.self, Roles.self, Records.self, Sources.self, Config.self, Audit.self,
      Tenants.self,
      Plugins.self,
      Database.self,
      CallCommand.self,
    ])

  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    // As a variable that is not set leaves it: such an option is not "without".
    for (option, value) in zip(arguments, arguments.dropFirst() + ["-"]) where option.hasPrefix("--") {
      if value.isEmpty || option.firstIndex(of: "=") == option.indices.last {
        printError("remit: \(option.prefix { $0 != "=" }) has an empty value; leave it out, or give one")
        Glibc.exit(EX_USAGE)
      }
    }
    if let command = try? parseAsRoot(), !(command is CallCommand) {
      OptionNames.ofCommand.withLock { $0 = OptionNames(help: type(of: command).helpMessage()) }
    }
    if ModuleCommand.isMeant(by: Array(arguments)) {
      do {
        return try await ModuleCommand.run(Array(arguments))
      } catch {
        exit(withError: error)
      }
    }
    await main(nil)
  }
}
