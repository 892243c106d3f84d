import ArgumentParser
import RemitAPI
import SwiftProtobuf

struct Records: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Keep things of the company's own: contracts, orders, complaints, whatever its documents of the kind record declare.",
    subcommands: [List.self, Show.self, Create.self, Update.self, Close.self, Reopen.self, History.self])

  /// Which record.
  struct Name: ParsableArguments {
    @Argument(help: "The kind: contract.") var kind: String
    @Argument(help: "Its id: C-2026-0001.") var id: String
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List records of a kind.",
      discussion: "remit record list contract --filter 'it.custom.ends_on < today + days(30)' --order-by 'custom.ends_on'")

    @Argument(help: "The kind: contract.") var kind: String
    @Option(help: "Only those for which this expression holds, with `it` the record: it.custom.city == \"Suzhou\".") var filter = ""
    @Option(help: "id, or a field such as custom.ends_on; with desc after it the last first.") var orderBy = ""
    @Flag(help: "Also those that are closed.") var all = false
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        var found = Remit_Platform_V1_ListRecordsReply()
        let open = filter.isEmpty ? "!it.closed" : "!it.closed && (\(filter))"
        repeat {
          let request = Remit_Platform_V1_ListRecordsRequest.with {
            $0.kind = kind
            $0.filter = all ? filter : open
            $0.orderBy = orderBy
            $0.pageSize = 1000
            $0.pageToken = found.nextPageToken
          }
          let page: Remit_Platform_V1_ListRecordsReply = try await client.call("ListRecords", of: .records, request)
          found.records += page.records
          found.nextPageToken = page.nextPageToken
        } while !found.nextPageToken.isEmpty
        let fields = Set(found.records.flatMap { $0.custom.fields.keys }).sorted()
        var table = Table([("id", .left)] + fields.map { ($0, .left) } + (all ? [("state", .left)] : []))
        table.rows = found.records.map { record in
          let values = Dictionary(record.custom.words.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
          return [record.id] + fields.map { values[$0] ?? "" } + (all ? [record.closed ? "closed" : "open"] : [])
        }
        try output.show(table, found)
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show a record.")

    @OptionGroup var name: Name
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let record = try await client.record(name)
        var table = Table([("field", .left), ("value", .left)])
        table.rows = [["id", record.id]] + record.custom.words.map { [$0.name, $0.value] }
        table.rows += [["state", record.closed ? "closed" : "open"], ["version", "\(record.version)"]]
        try output.show(table, record)
      }
    }
  }

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Keep a new record.", discussion: "remit record create contract --own customer=C001 --own limit='50000.00 EUR'")

    @Argument(help: "The kind: contract.") var kind: String
    @Option(help: "Its id. (default: the next number of the kind)") var id = ""
    @OptionGroup var own: OwnFields
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Platform_V1_CreateRecordRequest.with {
          $0.record.kind = kind
          $0.record.id = id
          $0.record.custom = own.message ?? .init()
        }
        let record: Remit_Platform_V1_Record = try await client.call("CreateRecord", of: .records, request)
        print(output.output == .json ? try record.jsonString() : "\(kind) \(record.id) is kept")
      }
    }
  }

  struct Update: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Change fields of a record; those that are not named stay.",
      discussion: "remit record update contract C-2026-0001 --own limit='80000.00 EUR' --without note")

    @OptionGroup var name: Name
    @OptionGroup var own: OwnFields
    @Option(help: ArgumentHelp("A field to take away; repeat it for more.", valueName: "field")) var without: [String] = []
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { client in
        var record = try await client.record(name)
        record.custom.fields.merge(own.message?.fields ?? [:]) { _, new in new }
        for field in without where record.custom.fields.removeValue(forKey: field) == nil {
          try fail("\(record.kind) \(record.id) has no field \(field)", 1)
        }
        let changed: Remit_Platform_V1_Record = try await client.call(
          "UpdateRecord", of: .records, Remit_Platform_V1_UpdateRecordRequest.with { $0.record = record })
        print("\(changed.kind) \(changed.id) has version \(changed.version)")
      }
    }
  }

  struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Close a record: it stays, and nothing new may refer to it.")

    @OptionGroup var name: Name
    @Option(help: "Why.") var reason = ""
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Platform_V1_CloseRecordRequest.with {
          $0.kind = name.kind
          $0.id = name.id
          $0.reason = reason
        }
        let _: Remit_Platform_V1_Record = try await client.call("CloseRecord", of: .records, request)
        print("\(name.kind) \(name.id) is closed")
      }
    }
  }

  struct Reopen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Open a closed record again.")

    @OptionGroup var name: Name
    @Option(help: "Why.") var reason = ""
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { client in
        let request = Remit_Platform_V1_ReopenRecordRequest.with {
          $0.kind = name.kind
          $0.id = name.id
          $0.reason = reason
        }
        let _: Remit_Platform_V1_Record = try await client.call("ReopenRecord", of: .records, request)
        print("\(name.kind) \(name.id) is open")
      }
    }
  }

  struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List what a record was, the last first.")

    @OptionGroup var name: Name
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { client in
        var all = Remit_Platform_V1_ListRecordVersionsReply()
        repeat {
          let request = Remit_Platform_V1_ListRecordVersionsRequest.with {
            $0.kind = name.kind
            $0.id = name.id
            $0.pageSize = 1000
            $0.pageToken = all.nextPageToken
          }
          let page: Remit_Platform_V1_ListRecordVersionsReply = try await client.call("ListRecordVersions", of: .records, request)
          all.versions += page.versions
          all.nextPageToken = page.nextPageToken
        } while !all.nextPageToken.isEmpty
        var table = Table([("version", .right), ("by", .left), ("at", .left), ("state", .left), ("changed", .left)])
        table.rows = zip(all.versions, all.versions.dropFirst().map(Optional.some) + [nil]).map { record, before in
          [
            "\(record.version)", record.recordedBy, record.recordedAt.minute, record.closed ? "closed" : "open",
            record.changes(since: before).joined(separator: ", "),
          ]
        }
        try output.show(table, all)
      }
    }
  }
}

extension Client {
  fileprivate func record(_ name: Records.Name) async throws -> Remit_Platform_V1_Record {
    try await call(
      "GetRecord", of: .records,
      Remit_Platform_V1_GetRecordRequest.with {
        $0.kind = name.kind
        $0.id = name.id
      })
  }
}

extension Remit_Platform_V1_Record {
  /// "limit 50000.00 EUR -> 80000.00 EUR"
  fileprivate func changes(since before: Remit_Platform_V1_Record?) -> [String] {
    let old = Dictionary((before?.custom.words ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    let new = Dictionary(custom.words.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    return Set(old.keys).union(new.keys).sorted().compactMap { name in
      guard old[name] != new[name] else { return nil }
      return old[name].map { "\(name) \($0) -> \(new[name] ?? "nothing")" } ?? "\(name) \(new[name] ?? "")"
    } + (stateNote.isEmpty ? [] : [stateNote])
  }
}
