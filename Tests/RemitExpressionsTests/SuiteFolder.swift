import FoundationEssentials

/// CEL's conformance cases, which are beside the repository where they are at all.
enum SuiteFolder {
  private static let url = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "shared/suites/cel")

  static var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

  static func lines() throws -> [Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: url.path).filter { $0.hasSuffix(".jsonl") }
    return try names.sorted().flatMap { name in
      try Data(contentsOf: url.appending(path: name)).split(separator: UInt8(ascii: "\n"))
    }
  }

  struct Line: Decodable {
    let id: String
    let expr: String
    let profile: String
    let needs: [String]
    let container: String
  }
}
