// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// The modules that come with Remit: of each Plugins/<Name> with Messages, Sources, Entry and Tests.
let modules = ["Ledger", "Workflow"]

/// Hides every symbol of a plugin but its entry point.
let pluginLinking: [LinkerSetting] = [
  .unsafeFlags(["-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/exports.map"])
]

let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let grpc: Target.Dependency = .product(name: "GRPCCore", package: "grpc-swift-2")
let grpcTransport: Target.Dependency = .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdHTTP2: Target.Dependency = .product(name: "HummingbirdHTTP2", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "remit",
  products: [
    .executable(name: "remitd", targets: ["remitd"]),
    .executable(name: "remit", targets: ["remit"]),
    .library(name: "Echo", type: .dynamic, targets: ["BenchEcho"]),
    // What plugins elsewhere are built with.
    .library(name: "RemitSDK", targets: ["RemitSDK"]),
    .library(name: "RemitAPI", targets: ["RemitAPI"]),
    .library(name: "CRemitPlugin", targets: ["CRemitPlugin"]),
  ]
    + modules.flatMap {
      [.library(name: $0, type: .dynamic, targets: ["\($0)Entry"]), .library(name: "\($0)Messages", targets: ["\($0)Messages"])]
    },
  dependencies: [
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // The contract between host and plugins, and what is generated from it.
    .target(name: "CRemitPlugin"),
    .target(name: "RemitAPI", dependencies: [protobuf], swiftSettings: strict),

    // Messages as JSON, from what their descriptors say.
    .target(name: "RemitJSON", dependencies: [protobuf], swiftSettings: strict),

    // CEL, the language of a company's rules; and what runs the suites of others over it.
    .target(name: "RemitExpressions", swiftSettings: strict),
    .executableTarget(name: "cel-conformance", dependencies: ["RemitExpressions"], swiftSettings: strict),

    // A company's documents: YAML as messages, by what their descriptors say.
    .target(name: "RemitDocuments", dependencies: ["RemitAPI", "RemitExpressions", "RemitJSON", protobuf, yams], swiftSettings: strict),

    // System libraries.
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),

    .target(name: "RemitDigest", dependencies: ["COpenSSL"], swiftSettings: strict),
    // Of its own, since grpc-swift has zlib's types in a module of its own.
    .target(name: "RemitGzip", dependencies: ["CZlib"], swiftSettings: strict),

    // What a plugin author imports, and the plugins. An entry is a target of its own because all tests link into one binary.
    .target(name: "RemitSDK", dependencies: ["CRemitPlugin", "RemitAPI", "RemitDigest", protobuf], swiftSettings: strict),

    // A company's files: CSV, XLSX and JSON as a table of texts.
    .target(name: "RemitFiles", dependencies: ["CExpat", "CZip", "RemitAPI", "RemitJSON", "RemitSDK"], swiftSettings: strict),

    // The host.
    .target(name: "RemitPostgres", dependencies: ["CPostgres"], swiftSettings: strict),
    .target(
      name: "RemitHost",
      dependencies: [
        "CRemitPlugin", "RemitAPI", "RemitDigest", "RemitDocuments", "RemitExpressions", "RemitFiles", "RemitGzip", "RemitJSON",
        "RemitPostgres", "RemitSDK", protobuf, grpc, grpcTransport, logging, lifecycle, nio,
        nioHTTP1, nioHTTP2, nioSSL, hummingbird, hummingbirdCore, hummingbirdHTTP2,
        nioHPACK, nioPosix, x509, asn1, httpClient,
      ],
      exclude: ["Migrations"],
      swiftSettings: strict),
    .executableTarget(
      name: "remitd", dependencies: ["RemitHost", arguments, logging, lifecycle, signals], swiftSettings: strict),

    // The client.
    .executableTarget(
      name: "remit", dependencies: ["RemitAPI", "LedgerMessages", "RemitJSON", "RemitSDK", protobuf, grpc, grpcTransport, arguments],
      swiftSettings: strict),

    // What make bench measures with.
    .executableTarget(
      name: "remit-bench",
      dependencies: ["RemitAPI", "LedgerMessages", protobuf, grpc, grpcTransport, arguments, httpClient, nio, nioHTTP1],
      path: "Tests/Bench/Load",
      swiftSettings: strict),
    .executableTarget(
      name: "expressions-bench", dependencies: ["RemitExpressions"], path: "Tests/Bench/Expressions", swiftSettings: strict),
    .target(
      name: "BenchEcho", dependencies: ["CRemitPlugin", "RemitAPI", "RemitSDK", protobuf], path: "Tests/Bench/Echo",
      swiftSettings: strict, linkerSettings: pluginLinking),

    .testTarget(name: "RemitExpressionsTests", dependencies: ["RemitExpressions"], swiftSettings: strict),
    .testTarget(name: "RemitDocumentsTests", dependencies: ["RemitDocuments", "RemitJSON", "RemitAPI", protobuf], swiftSettings: strict),
    .testTarget(name: "RemitFilesTests", dependencies: ["CZip", "RemitAPI", "RemitFiles"], swiftSettings: strict),
    .testTarget(name: "RemitPostgresTests", dependencies: ["RemitPostgres"], swiftSettings: strict),
    .testTarget(
      name: "RemitHostTests", dependencies: ["RemitHost", "RemitPostgres", "RemitAPI", "RemitDigest", "RemitJSON", nioHPACK],
      swiftSettings: strict),
  ]
    + modules.flatMap { module -> [Target] in
      let messages = Target.Dependency.target(name: "\(module)Messages")
      return [
        .target(
          name: "\(module)Messages", dependencies: ["RemitAPI", protobuf], path: "Plugins/\(module)/Messages",
          swiftSettings: [.swiftLanguageMode(.v6)]),
        .target(
          name: module, dependencies: ["RemitAPI", "RemitSDK", messages, protobuf], path: "Plugins/\(module)/Sources",
          swiftSettings: strict),
        .target(
          name: "\(module)Entry", dependencies: ["CRemitPlugin", "RemitSDK", .target(name: module)], path: "Plugins/\(module)/Entry",
          swiftSettings: strict, linkerSettings: pluginLinking),
        .testTarget(
          name: "\(module)Tests", dependencies: ["RemitAPI", "RemitSDK", messages, protobuf, .target(name: module)],
          path: "Plugins/\(module)/Tests", swiftSettings: strict),
      ]
    }
)
