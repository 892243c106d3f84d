// swift-tools-version: 6.2

// The example as a package of its own. Elsewhere `path` is the folder of Remit, or `url` and a version take its place.
import PackageDescription

let settings: [SwiftSetting] = [.enableUpcomingFeature("InternalImportsByDefault")]

let package = Package(
  name: "notes",
  products: [.library(name: "Notes", type: .dynamic, targets: ["NotesEntry"])],
  dependencies: [
    .package(name: "remit", path: "../../.."),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
  ],
  targets: [
    .target(
      name: "NotesSwift",
      dependencies: [
        .product(name: "RemitSDK", package: "remit"), .product(name: "RemitAPI", package: "remit"),
        // The ledger's messages, as the example calls the ledger.
        .product(name: "LedgerMessages", package: "remit"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ], path: "Sources", swiftSettings: settings),
    // The entry is a target of its own, with the one symbol that the host looks for.
    .target(
      name: "NotesEntry",
      dependencies: ["NotesSwift", .product(name: "RemitSDK", package: "remit"), .product(name: "CRemitPlugin", package: "remit")],
      path: "Entry", swiftSettings: settings,
      // Hides every symbol but the entry point: a host may load many plugins.
      linkerSettings: [.unsafeFlags(["-Xlinker", "--version-script=\(Context.packageDirectory)/exports.map"])]),
  ])
