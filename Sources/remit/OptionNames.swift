import ArgumentParser
import GRPCCore
import RemitAPI
import SwiftProtobuf
import Synchronization

/// The options of the command that runs, by which remitd's errors name what is wrong.
struct OptionNames: Sendable {
  /// nil: it names fields of the API itself.
  static let ofCommand = Mutex<OptionNames?>(nil)

  /// "--known-at"
  private let names: Set<String>

  /// - Parameter help: of the command, as --help shows it.
  init(help: String) {
    names = Set(help.matches(of: /--[a-z-]+/).map { String($0.output) })
  }

  /// A field of the API ("document.posting_profile") as the option that fills it ("--profile"), or else in words.
  func name(of field: String) -> String {
    let last = String(field.split(separator: ".").last ?? "")
    let name = String(last.prefix { $0 != "[" }).replacing("_", with: "-")
    var candidates = [name]
    for ending in ["s", "-id", "-on"] where name.hasSuffix(ending) { candidates.append(String(name.dropLast(ending.count))) }
    candidates += name.split(separator: "-").last.map { [String($0)] } ?? []
    return candidates.lazy.map { "--" + $0 }.first(where: names.contains) ?? last.replacing("_", with: " ")
  }
}

extension RPCError {
  private var details: [Google_Protobuf_Any] {
    guard let bytes = metadata[binaryValues: "grpc-status-details-bin"].first(where: { _ in true }) else { return [] }
    return (try? Google_Rpc_Status(serializedBytes: Array(bytes)))?.details ?? []
  }

  private var violations: [Google_Rpc_BadRequest.FieldViolation] {
    details.lazy.compactMap { try? Google_Rpc_BadRequest(unpackingAny: $0) }.first?.fieldViolations ?? []
  }

  /// What is wrong with documents, a line each: "role.clerk.yaml:3:14: ..."; none where it is another error.
  var findings: [String] {
    guard details.contains(where: { (try? Google_Rpc_ErrorInfo(unpackingAny: $0))?.reason == "FINDINGS" }) else { return [] }
    return violations.map { "\($0.field): \($0.description_p)" }
  }

  /// What remitd says, with options in place of the fields of requests.
  var words: String {
    guard let options = OptionNames.ofCommand.withLock({ $0 }) else { return message }
    let violations = violations
    guard !violations.isEmpty, violations.map({ "\($0.field) \($0.description_p)" }).joined(separator: "; ") == message else {
      return message
    }
    return violations.map { "\(options.name(of: $0.field)) \($0.description_p)" }.joined(separator: "; ")
  }
}
