/// What is not run, and why.
enum Skips {
  /// Ids that begin so, each with its reason.
  static let named: [(prefix: String, reason: String)] = []

  static func reason(_ test: Case) -> String? {
    if test.profile == "proto" || test.needs.contains("proto") || test.needs.contains("ext:proto2") {
      return "messages of a descriptor are for the embedder"
    }
    return named.first { test.id.hasPrefix($0.prefix) }?.reason
  }
}
