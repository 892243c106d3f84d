import ArgumentParser
import FoundationEssentials
import Glibc
import LedgerMessages
import RemitAPI
import RemitSDK
import SwiftProtobuf

/// A folder with what a company is to be like: its documents, which are the .yaml files in it and in the folders below.
struct ConfigurationFolder {
  private static let filesMax = 2000
  private static let depthMax = 8

  let path: String
  /// By path.
  let documents: [Remit_Platform_V1_SourceDocument]

  init(_ path: String) throws {
    self.path = path
    var names: [String] = []
    try Self.collect("", in: path, to: &names, depth: 0)
    documents = try names.sorted().map { name in
      guard let text = String(data: try bytes(ofFile: "\(path)/\(name)"), encoding: .utf8) else {
        try fail("\(path)/\(name) is not UTF-8", EX_DATAERR)
      }
      return .with {
        $0.path = name
        $0.text = text
      }
    }
  }

  private static func collect(_ below: String, in root: String, to names: inout [String], depth: Int) throws {
    let folder = below.isEmpty ? root : "\(root)/\(below)"
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      try fail("\(folder) cannot be read: is it a folder?", EX_NOINPUT)
    }
    for entry in entries where !entry.hasPrefix(".") {
      let name = below.isEmpty ? entry : "\(below)/\(entry)"
      if entry.hasSuffix(".yaml") || entry.hasSuffix(".yml") {
        names.append(name)
      } else if depth < depthMax, isFolder("\(root)/\(name)") {
        try collect(name, in: root, to: &names, depth: depth + 1)
      }
      guard names.count <= filesMax else { try fail("\(root) has more than \(filesMax) documents", EX_DATAERR) }
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
  }

  /// Codes and names of accounts.csv; none where it is missing.
  func accounts() throws -> [Remit_Ledger_V1_Account] {
    let file = "\(path)/accounts.csv"
    guard access(file, R_OK) == 0 else { return [] }
    do throws(CallError) {
      var text = try DelimitedText(TextDecoding.utf8(try Self.contents(of: file), encoding: "", locale: ""))
      var accounts: [Remit_Ledger_V1_Account] = []
      while let record = try text.next() {
        guard record.fields.count == 2 else {
          throw CallError(.invalidArgument, "FILE", "line \(record.line) should be a code and a name")
        }
        if accounts.isEmpty, record.fields == ["code", "name"] { continue }
        accounts.append(
          .with {
            $0.code = record.fields[0]
            $0.name = record.fields[1]
          })
      }
      return accounts
    } catch {
      try fail("\(file): \(error.message)", EX_DATAERR)
    }
  }

  private static func contents(of file: String) throws(CallError) -> [UInt8] {
    guard let data = try? bytes(ofFile: file) else { throw CallError(.invalidArgument, "FILE", "it cannot be read") }
    return Array(data)
  }
}

extension Remit_Platform_V1_Finding {
  /// As compilers write it, with the file as the user named it.
  func line(in folder: String) -> String {
    let file = path.isEmpty ? folder : "\(folder)/\(path)"
    return "\(file):\(line):\(column): \(isWarning ? "warning: " : "")\(message)"
  }
}
