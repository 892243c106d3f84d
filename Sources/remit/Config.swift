import ArgumentParser
import FoundationEssentials
import Glibc
import RemitAPI
import SwiftProtobuf

/// What a company is to be like, told by documents: files of YAML in a folder.
struct Config: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Tell Remit by documents how a company works: check, plan, apply, look back, go back.",
    discussion: """
      A folder holds a company's documents, one a file: each begins with 'kind:' and 'name:'. remit config kinds says which kinds there are. All documents
      together have one version; what is applied holds from the next call on.
      """,
    subcommands: [
      Validate.self, Plan.self, Apply.self, History.self, Diff.self, Rollback.self, Export.self, Kinds.self,
    ])

  struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what is wrong with the documents of a folder. Exit code 65 where there is something.")

    @Argument(help: ArgumentHelp("Such as tenants/nordwind.", valueName: "folder")) var folder: String
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection

    func run() async throws {
      let documents = try ConfigurationFolder(folder)
      try await connection.run { [company] client in
        let plan = try await client.plan(documents, for: company.tenant, complete: true)
        try plan.mustBeSound(in: documents.path)
        print("\(documents.documents.count) documents, nothing is wrong with them")
      }
    }
  }

  struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what applying the documents of a folder would change.")

    @Argument(help: ArgumentHelp("Such as tenants/nordwind.", valueName: "folder")) var folder: String
    @OptionGroup var extent: Extent
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      let documents = try ConfigurationFolder(folder)
      try await connection.run { [company, extent, output] client in
        let plan = try await client.plan(documents, for: company.tenant, complete: !extent.onlyThese)
        guard output.output == .table else { return try output.show(plan.table, plan) }
        try plan.mustBeSound(in: documents.path)
        print(plan.text, terminator: "")
      }
    }
  }

  struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make the documents of a folder the company's, all or none.",
      discussion:
        "What the company has and the folder has not is removed, unless --only-these. Refused where somebody else applied something meanwhile."
    )

    @Argument(help: ArgumentHelp("Such as tenants/nordwind.", valueName: "folder")) var folder: String
    @Option(help: "Why, for those who look back.") var reason = ""
    @Flag(help: "Apply without being asked, also where documents are removed.") var yes = false
    @OptionGroup var extent: Extent
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection

    func run() async throws {
      let documents = try ConfigurationFolder(folder)
      try await connection.run { [company, extent, reason, yes] client in
        let plan = try await client.plan(documents, for: company.tenant, complete: !extent.onlyThese)
        try plan.mustBeSound(in: documents.path)
        guard !plan.changes.isEmpty else { return print("version \(plan.baseVersion) already is what these documents say") }
        print(plan.text, terminator: "")
        if !yes, plan.changes.contains(where: { $0.action == .removed }) { try Config.ask("Documents are removed. Apply?") }
        let request = Remit_Platform_V1_ApplyConfigurationRequest.with {
          $0.tenant = company.tenant
          $0.documents = documents.documents
          $0.complete = !extent.onlyThese
          $0.baseVersion = plan.baseVersion
          $0.fingerprint = plan.fingerprint
          $0.reason = reason
        }
        let version: Remit_Platform_V1_ConfigurationVersion = try await client.call("ApplyConfiguration", of: .configuration, request)
        print("version \(version.version) holds from now on")
      }
    }
  }

  struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the versions, the last first: who applied what when, and why.")

    @Option(help: "How many.") var limit: Int32 = 50
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { [company, limit, output] client in
        let request = Remit_Platform_V1_ListConfigurationsRequest.with {
          $0.tenant = company.tenant
          $0.pageSize = limit
        }
        let reply: Remit_Platform_V1_ListConfigurationsReply = try await client.call("ListConfigurations", of: .configuration, request)
        var table = Table([
          ("version", .right), ("applied", .left), ("by", .left), ("added", .right), ("changed", .right), ("removed", .right),
          ("why", .left),
        ])
        table.rows = reply.versions.map { version in
          let why = [version.equals == 0 ? "" : "as version \(version.equals)", version.reason].filter { !$0.isEmpty }.joined(
            separator: ": ")
          return [
            "\(version.version)", version.appliedAt.minute, version.appliedBy, "\(version.added)", "\(version.changed)",
            "\(version.removed)", why,
          ]
        }
        try output.show(table, reply)
      }
    }
  }

  struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what changed from one version to another.")

    @Argument var from: UInt64
    @Argument(help: "(default: what holds now)") var to: UInt64?
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { [company, from, to, output] client in
        let request = Remit_Platform_V1_GetChangesRequest.with {
          $0.tenant = company.tenant
          $0.fromVersion = from
          $0.toVersion = to ?? 0
        }
        let changes: Remit_Platform_V1_ChangePlan = try await client.call("GetChanges", of: .configuration, request)
        if output.output == .table { print(changes.text, terminator: "") } else { try output.show(changes.table, changes) }
      }
    }
  }

  struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Go back: make a next version that is equal to an earlier one.")

    @Argument(help: "The earlier version; see remit config history.") var version: UInt64
    @Option(help: "Why, for those who look back.") var reason = ""
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection

    func run() async throws {
      try await connection.run { [company, version, reason] client in
        let now: Remit_Platform_V1_Configuration = try await client.call(
          "GetConfiguration", of: .configuration, .with { $0.tenant = company.tenant } as Remit_Platform_V1_GetConfigurationRequest)
        let request = Remit_Platform_V1_RollbackConfigurationRequest.with {
          $0.tenant = company.tenant
          $0.version = version
          $0.baseVersion = now.version
          $0.reason = reason
        }
        let made: Remit_Platform_V1_ConfigurationVersion = try await client.call("RollbackConfiguration", of: .configuration, request)
        print(
          made.version == now.version
            ? "version \(now.version) already is as version \(version) was"
            : "version \(made.version), which is as version \(version) was, holds from now on")
      }
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the company's documents, as they were applied, to a folder that has none.")

    @Argument(help: ArgumentHelp("Is made where it is not there.", valueName: "folder")) var folder: String
    @Option(help: "An earlier version. (default: what holds now)") var version: UInt64 = 0
    @OptionGroup var company: Company
    @OptionGroup var connection: Connection

    func run() async throws {
      guard try access(folder, F_OK) != 0 || ConfigurationFolder(folder).documents.isEmpty else {
        try fail("\(folder) has documents already; name another folder", EX_CANTCREAT)
      }
      try await connection.run { [company, version, folder] client in
        let request = Remit_Platform_V1_GetConfigurationRequest.with {
          $0.tenant = company.tenant
          $0.version = version
        }
        let configuration: Remit_Platform_V1_Configuration = try await client.call("GetConfiguration", of: .configuration, request)
        for document in configuration.documents { try Config.write(document, to: folder) }
        print("\(configuration.documents.count) documents of version \(configuration.version) are in \(folder)")
      }
    }
  }

  struct Kinds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the kinds of documents, or print the JSON Schema of one, which editors check by.")

    @Argument var kind: String?
    @Flag(help: "Print a page of all kinds with their fields, as Markdown.") var page = false
    @OptionGroup var connection: Connection
    @OptionGroup var output: Output

    func run() async throws {
      try await connection.run { [kind, page, output] client in
        let reply: Remit_Platform_V1_ListKindsReply = try await client.call(
          "ListKinds", of: .configuration, Remit_Platform_V1_ListKindsRequest())
        if let kind {
          guard let found = reply.kinds.first(where: { $0.kind == kind }) else {
            try fail("there is no kind \(kind); see remit config kinds", 1)
          }
          return print(found.jsonSchema)
        }
        if page { return print(try KindsPage(reply.kinds).text, terminator: "") }
        var table = Table([("kind", .left), ("module", .left), ("message", .left)])
        table.rows = reply.kinds.map { [$0.kind, $0.module, $0.message] }
        try output.show(table, reply)
      }
    }
  }

  struct Extent: ParsableArguments {
    @Flag(help: "Leave alone what the company has and the folder has not.") var onlyThese = false
  }

  /// Goes on only after a yes; where nobody can be asked, not.
  static func ask(_ question: String) throws {
    guard isatty(STDIN_FILENO) == 1 else { try fail("\(question) Say so with --yes", EX_USAGE) }
    print("\(question) [y/N] ", terminator: "")
    fflush(nil)
    guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else { try fail("nothing was applied", 1) }
  }

  private static func write(_ document: Remit_Platform_V1_SourceDocument, to folder: String) throws {
    // The server only takes paths that stay below; a server may be another.
    let parts = document.path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.first != "." }) else {
      try fail("the path \(document.path) leads out of the folder", EX_DATAERR)
    }
    let file = "\(folder)/\(document.path)"
    do {
      try FileManager.default.createDirectory(
        atPath: ([folder] + parts.dropLast().map(String.init)).joined(separator: "/"), withIntermediateDirectories: true)
      try Data(document.text.utf8).write(to: URL(filePath: file))
    } catch {
      try fail("\(file) cannot be written: \(error)", EX_CANTCREAT)
    }
  }
}

extension Client {
  func plan(
    _ folder: ConfigurationFolder, for tenant: String, complete: Bool
  ) async throws -> Remit_Platform_V1_ChangePlan {
    let request = Remit_Platform_V1_PlanConfigurationRequest.with {
      $0.tenant = tenant
      $0.documents = folder.documents
      $0.complete = complete
    }
    return try await call("PlanConfiguration", of: .configuration, request)
  }
}

extension Remit_Platform_V1_ChangePlan {
  /// Prints what is wrong; ends the command where something is.
  func mustBeSound(in folder: String) throws {
    for finding in findings { printError(finding.line(in: folder)) }
    if findings.contains(where: { !$0.isWarning }) { throw ExitCode(EX_DATAERR) }
  }

  /// For people: "+ role clerk", "~ form invoice" with each field before and after.
  var text: String {
    guard !changes.isEmpty else { return "nothing changes\n" }
    var lines: [String] = []
    for change in changes {
      let sign = change.action == .added ? "+" : change.action == .removed ? "-" : "~"
      lines.append("\(sign) \(change.kind) \(change.name)")
      if change.action == .changed && change.fields.isEmpty { lines.append("    only its comments, layout or place") }
      for field in change.fields {
        let (before, after) = (field.before.isEmpty ? "(none)" : field.before, field.after.isEmpty ? "(none)" : field.after)
        lines.append("    \(field.field): \(before) -> \(after)")
      }
    }
    return (lines + effects.map { "  \($0)" }).map { "\($0)\n" }.joined()
  }

  var table: Table {
    var table = Table([("kind", .left), ("name", .left), ("action", .left), ("field", .left), ("before", .left), ("after", .left)])
    for change in changes {
      let action = "\(change.action)"
      if change.fields.isEmpty { table.rows.append([change.kind, change.name, action, "", "", ""]) }
      table.rows += change.fields.map { [change.kind, change.name, action, $0.field, $0.before, $0.after] }
    }
    return table
  }
}
