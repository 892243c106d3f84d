import RemitAPI
import SwiftProtobuf

extension Google_Protobuf_Struct {
  private static let changesMax = 200

  /// What is another in a request that was submitted again, by the path of each field.
  func changes(to other: Google_Protobuf_Struct) -> [Remit_Platform_V1_FieldChange] {
    let (old, new) = (leaves, other.leaves)
    return Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.prefix(Self.changesMax).map { path in
      .with {
        $0.field = path
        $0.before = old[path] ?? ""
        $0.after = new[path] ?? ""
      }
    }
  }

  private var leaves: [String: String] {
    var found: [String: String] = [:]
    Google_Protobuf_Value.with { $0.structValue = self }.addLeaves(to: &found, at: "")
    return found
  }
}

extension Google_Protobuf_Value {
  fileprivate func addLeaves(to found: inout [String: String], at path: String) {
    switch kind {
    case .structValue(let object):
      for (name, value) in object.fields { value.addLeaves(to: &found, at: path.isEmpty ? name : "\(path).\(name)") }
    case .listValue(let list):
      for (place, value) in list.values.enumerated() { value.addLeaves(to: &found, at: "\(path)[\(place)]") }
    case .stringValue(let text): found[path] = String(text.prefix(200))
    case .boolValue(let value): found[path] = "\(value)"
    case .numberValue(let number): found[path] = number == number.rounded() && abs(number) < 9e15 ? "\(Int64(number))" : "\(number)"
    case .nullValue?, nil: break
    }
  }
}
