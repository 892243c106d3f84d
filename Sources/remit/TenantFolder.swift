import ArgumentParser
import FoundationEssentials
import Glibc
import LedgerMessages
import RemitAPI
import SwiftProtobuf
import Yams

/// What a company is made of: tenant.yaml and role.*.yaml of a folder.
struct TenantFolder {
  var tenant = Remit_Platform_V1_Tenant()
  var accounts: [Remit_Ledger_V1_Account] = []
  var roles: [Remit_Platform_V1_Role] = []

  init(_ folder: String) throws {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      try fail("\(folder) cannot be read: is it a folder with a tenant.yaml?", EX_NOINPUT)
    }
    guard names.contains("tenant.yaml") else { try fail("\(folder) has no tenant.yaml", EX_NOINPUT) }
    for name in names where name.hasSuffix(".yaml") {
      var document = try YAMLMap(file: "\(folder)/\(name)")
      switch try document.text("kind") {
      case "tenant": try takeTenant(&document)
      case "role": try takeRole(&document)
      case let kind: throw document.problem("there is no kind \(kind); what there is: tenant, role", at: "kind")
      }
      try document.mustBeEmpty()
    }
  }

  private mutating func takeTenant(_ document: inout YAMLMap) throws {
    tenant.slug = try document.text("slug")
    tenant.name = try document.text("name")
    tenant.baseCurrency = try document.text("base_currency")
    tenant.timeZone = try document.text("time_zone")
    tenant.locale = try document.text("locale")
    for var account in try document.maps("accounts") {
      let code = try account.text("code")
      let name = try account.text("name")
      accounts.append(
        .with {
          $0.code = code
          $0.name = name
        })
      try account.mustBeEmpty()
    }
  }

  private mutating func takeRole(_ document: inout YAMLMap) throws {
    let name = try document.text("name")
    let permissions = try document.texts("permissions")
    roles.append(
      .with {
        $0.name = name
        $0.permissions = permissions
      })
  }
}

/// A mapping of a YAML document whose keys are taken one by one; what is left over is a mistake. Problems name file, line and column.
struct YAMLMap {
  private let file: String
  private let start: Mark?
  private var values: [String: Node] = [:]
  private var keys: [String: Mark?] = [:]

  init(file: String) throws {
    let data = try bytes(ofFile: file)
    let node: Node?
    do {
      node = try Yams.compose(yaml: String(decoding: data, as: UTF8.self))
    } catch {
      try fail("\(file): \(error)", EX_DATAERR)
    }
    guard let node else { try fail("\(file) is empty", EX_DATAERR) }
    try self.init(node, file: file)
  }

  private init(_ node: Node, file: String) throws {
    self.file = file
    start = node.mark
    guard let mapping = node.mapping else { throw problem("a list of names and values was expected") }
    for (key, value) in mapping {
      guard let name = key.string else { throw problem("a name was expected", key.mark) }
      values[name] = value
      keys[name] = key.mark
    }
  }

  mutating func text(_ key: String) throws -> String {
    guard let value = values.removeValue(forKey: key) else { throw problem("\(key) is missing") }
    guard let text = value.scalar?.string, !text.isEmpty else { throw problem("\(key) must be a text", value.mark) }
    return text
  }

  mutating func texts(_ key: String) throws -> [String] {
    guard let value = values.removeValue(forKey: key) else { throw problem("\(key) is missing") }
    guard let items = value.sequence else { throw problem("\(key) must be a list", value.mark) }
    return try items.map { item in
      guard let text = item.scalar?.string else { throw problem("\(key) must be a list of texts", item.mark) }
      return text
    }
  }

  /// None where the key is missing.
  mutating func maps(_ key: String) throws -> [YAMLMap] {
    guard let value = values.removeValue(forKey: key) else { return [] }
    guard let items = value.sequence else { throw problem("\(key) must be a list", value.mark) }
    return try items.map { try YAMLMap($0, file: file) }
  }

  func mustBeEmpty() throws {
    guard let key = values.keys.min() else { return }
    throw problem("there is no field \(key) here", at: key)
  }

  func problem(_ message: String, at key: String) -> any Error { problem(message, keys[key] ?? nil) }

  private func problem(_ message: String, _ mark: Mark? = nil) -> any Error {
    let mark = mark ?? start
    printError("remit: \(file)\(mark.map { ":\($0.line):\($0.column)" } ?? ""): \(message)")
    return ExitCode(EX_DATAERR)
  }
}
