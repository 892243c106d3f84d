import RemitAPI
import RemitSDK
import SwiftProtobuf

/// Fields of a company's own, as the books have them: JSON of an object. The company's form said what they may be.
struct OwnFields {
  /// For a jsonb column.
  let json: String

  static let none = OwnFields(json: "{}")

  private init(json: String) { self.json = json }

  init(_ custom: Google_Protobuf_Struct) throws(CallError) {
    do {
      json = try Google_Protobuf_Struct(fields: custom.fields.filter { $0.value.kind != .nullValue(.nullValue) }).jsonString()
    } catch {
      throw .invalid([("custom", "cannot be kept: it holds a number that is none")])
    }
  }
}

extension CellReader {
  /// Of a jsonb column as text; nil where it holds nothing.
  mutating func ownFields() throws -> Google_Protobuf_Struct? {
    let json = try text()
    return json == "{}" ? nil : try Google_Protobuf_Struct(jsonString: json)
  }
}
