import Foundation
import Testing

/// Who may import whom (docs/architecture.md). The host never imports the SDK, a plugin or a plugin's messages; a plugin never imports the host
/// or another plugin, but may import its messages.
@Suite("The directions of imports")
struct ImportDirectionTests {
  private static let allowed: [String: Set<String>] = [
    "Sources/RemitAPI": [],
    "Sources/RemitJSON": [],
    "Sources/RemitExpressions": [],
    "Sources/cel-conformance": ["RemitExpressions"],
    "Sources/RemitDocuments": ["RemitAPI", "RemitExpressions", "RemitJSON"],
    "Sources/RemitDigest": ["COpenSSL"],
    "Sources/RemitGzip": ["CZlib"],
    "Sources/RemitSDK": ["CRemitPlugin", "RemitAPI", "RemitDigest"],
    "Sources/RemitFiles": ["CExpat", "CZip", "RemitAPI", "RemitJSON", "RemitSDK"],
    "Sources/RemitPostgres": ["CPostgres"],
    "Sources/RemitHost": [
      "CRemitPlugin", "RemitAPI", "RemitDigest", "RemitDocuments", "RemitExpressions", "RemitFiles", "RemitGzip", "RemitJSON",
      "RemitPostgres", "RemitSDK",
    ],
    "Sources/remitd": ["RemitHost"],
    "Sources/remit": ["RemitAPI", "RemitJSON", "RemitSDK", "messages"],
    "Plugins/*/Messages": ["RemitAPI"],
    "Plugins/*/Sources": ["RemitAPI", "RemitSDK", "messages"],
    "Plugins/*/Entry": ["CRemitPlugin", "RemitSDK", "its own"],
  ]

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test("Every target imports only what stands below it, and nobody imports all of Foundation")
  func directions() throws {
    let files = FileManager.default
    var folders = try files.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path).map { "Sources/\($0)" }
    for plugin in try files.contentsOfDirectory(atPath: Self.root.appending(path: "Plugins").path) where plugin.first?.isUppercase == true {
      folders += ["Messages", "Sources", "Entry"].map { "Plugins/\(plugin)/\($0)" }
    }
    let ours = Set(folders.map { String($0.split(separator: "/")[1]) })
    var seen = 0
    for folder in folders {
      let sources =
        files.enumerator(atPath: Self.root.appending(path: folder).path)?.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }
        ?? []
      let parts = folder.split(separator: "/")
      let pattern = parts[0] == "Plugins" ? "Plugins/*/\(parts[2])" : folder
      guard !sources.isEmpty else { continue }
      let allowed = try #require(Self.allowed[pattern], "say in this test what \(folder) may import")
      for source in sources {
        let text = try String(contentsOf: Self.root.appending(path: "\(folder)/\(source)"), encoding: .utf8)
        for match in text.matches(
          of:
            /(?m)^(?:@[a-zA-Z_]+ )*(?:(?:public|package|internal|private|fileprivate) )?import (?:(?:struct|class|enum|func|protocol) )?(\w+)/
        ) {
          let module = String(match.1)
          seen += 1
          #expect(
            module != "Foundation" || source.hasSuffix(".pb.swift"),
            "\(folder)/\(source) imports all of Foundation; FoundationEssentials has what it needs")
          let isMessages = module.hasSuffix("Messages") && ours.contains(String(module.dropLast("Messages".count)))
          guard ours.contains(module) || isMessages else { continue }
          let isOwn = allowed.contains("its own") && module == parts[1] || allowed.contains("messages") && isMessages
          #expect(allowed.contains(module) || isOwn, "\(folder)/\(source) imports \(module)")
        }
      }
    }
    #expect(seen > 100)
  }
}
