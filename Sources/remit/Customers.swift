import ArgumentParser
import LedgerMessages
import RemitAPI
import SwiftProtobuf

struct Customers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, add, compare and merge customers.",
    subcommands: [List.self, Add.self, Show.self, Similar.self, Merge.self, Unmerge.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the customers.")

    @OptionGroup var connection: Connection
    @OptionGroup var output: Output
    @Option(help: "Only the customer with this number.") var number = ""
    @Option(help: "Only with this in the number or a name.") var search = ""

    func run() async throws {
      try await connection.run { client in
        var all = Remit_Ledger_V1_ListCustomersReply()
        repeat {
          let request = Remit_Ledger_V1_ListCustomersRequest.with {
            $0.pageSize = 1000
            $0.pageToken = all.nextPageToken
            $0.number = number
            $0.search = search
          }
          let page: Remit_Ledger_V1_ListCustomersReply = try await client.call("ListCustomers", request)
          all.customers += page.customers
          all.nextPageToken = page.nextPageToken
        } while !all.nextPageToken.isEmpty
        var table = Table([("number", .left), ("name", .left), ("id", .left)])
        table.rows = all.customers.map { [$0.number, $0.name, $0.id] }
        try output.show(table, all)
      }
    }
  }

  /// What a customer is entered with.
  struct Entry: ParsableArguments {
    @Option(help: "Another name, as kind=name: en=..., zh=..., short=...") var alias: [String] = []
    @Option(help: "统一社会信用代码.") var uscc: [String] = []
    @Option(help: ArgumentHelp("VAT number, such as DE136695976.", valueName: "number")) var euVat: [String] = []
    @Option(help: "An account that it pays from.") var iban: [String] = []

    func customer(name: String) throws -> Remit_Ledger_V1_Customer {
      let names = alias.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
      guard names.allSatisfy({ $0.count == 2 }) else { throw ValidationError("another name is given as kind=name, such as en=Acme") }
      return .with { customer in
        customer.name = name
        customer.names = names.map { pair in
          .with {
            $0.kind = pair[0]
            $0.name = pair[1]
          }
        }
        for (scheme, values) in [("uscc", uscc), ("eu_vat", euVat), ("iban", iban)] {
          customer.identifiers += values.map { value in
            .with {
              $0.scheme = scheme
              $0.value = value
            }
          }
        }
      }
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Add a customer, unless there is one with the same name or identifier.")

    @Argument var number: String
    @Argument var name: String
    @OptionGroup var entry: Entry
    @OptionGroup var connection: Connection
    @Option(help: "The number of the customer who pays for it.") var payer: String?
    @Option(help: "Its posting profile.") var profile = ""
    @OptionGroup var own: OwnFields
    @Flag(help: "Also where it may be there already.") var anyway = false

    func run() async throws {
      let customer = try entry.customer(name: name)
      try await connection.run { client in
        let payerID = try await payer.asyncMap { try await client.customer($0).id } ?? ""
        let request = Remit_Ledger_V1_CreateCustomerRequest.with {
          $0.customer = customer
          $0.customer.number = number
          $0.customer.payerID = payerID
          $0.customer.postingProfile = profile
          if let own = own.message { $0.customer.custom = own }
          $0.refuseDuplicates = !anyway
        }
        let created: Remit_Ledger_V1_Customer = try await client.call("CreateCustomer", request)
        print("customer \(created.number) is added, id \(created.id)")
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show a customer with its names and identifiers.")

    @Argument var number: String
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let id = try await client.customer(number).id
        let customer: Remit_Ledger_V1_Customer = try await client.call(
          "GetCustomer", Remit_Ledger_V1_GetCustomerRequest.with { $0.id = id })
        var table = Table([("what", .left), ("value", .left)])
        table.rows = [["number", customer.number], ["name", customer.name]]
        table.rows += customer.names.map { ["name \($0.kind)", $0.name] } + customer.identifiers.map { [$0.scheme, $0.value] }
        table.rows += customer.custom.words.map { [$0.name, $0.value] }
        if !customer.payerID.isEmpty { table.rows.append(["payer", customer.payerID]) }
        if !customer.postingProfile.isEmpty { table.rows.append(["posting profile", customer.postingProfile]) }
        if !customer.mergedIntoID.isEmpty { table.rows.append(["merged into", customer.mergedIntoID]) }
        try output.show(table, customer)
      }
    }
  }

  struct Similar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List customers that may be the same as one of this name.")

    @Argument var name: String
    @OptionGroup var entry: Entry
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      let customer = try entry.customer(name: name)
      try await connection.run { client in
        let reply: Remit_Ledger_V1_FindSimilarCustomersReply = try await client.call(
          "FindSimilarCustomers", Remit_Ledger_V1_FindSimilarCustomersRequest.with { $0.customer = customer })
        var table = Table([("number", .left), ("name", .left), ("alike", .right), ("by", .left)])
        table.rows = reply.similar.map { [$0.customer.number, $0.customer.name, "\($0.percent) %", $0.reason] }
        try output.show(table, reply)
      }
    }
  }

  struct Merge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "From now on, count a customer as another. Nothing is lost, and it can be undone.")

    @Argument(help: "The number of the one that ends.") var from: String
    @Argument(help: "The number of the one that stays.") var into: String
    @OptionGroup var connection: Connection
    @Option(help: "Why.") var reason = ""

    func run() async throws {
      try await connection.run { client in
        let (fromID, intoID) = (try await client.customer(from).id, try await client.customer(into).id)
        let request = Remit_Ledger_V1_MergeCustomersRequest.with {
          $0.fromID = fromID
          $0.intoID = intoID
          $0.reason = reason
        }
        let _: Remit_Ledger_V1_CustomerMerge = try await client.call("MergeCustomers", request)
        print("customer \(from) counts as \(into)")
      }
    }
  }

  struct Unmerge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Undo the merge of a customer.")

    @Argument(help: "The number of the one that was merged into another.") var from: String
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { client in
        let fromID = try await client.customer(from).id
        let _: Remit_Ledger_V1_CustomerMerge = try await client.call(
          "UndoMerge", Remit_Ledger_V1_UndoMergeRequest.with { $0.fromID = fromID })
        print("customer \(from) is itself again")
      }
    }
  }
}
