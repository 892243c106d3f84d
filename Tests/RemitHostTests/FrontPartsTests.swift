import NIOHPACK
import RemitAPI
import Synchronization
import Testing

@testable import RemitHost

@Suite("Parts of the front")
struct FrontPartsTests {
  @Test(
    "A grpc-timeout is digits and a unit",
    arguments: [
      ("1S", true), ("0n", true), ("99999999H", true), ("-1S", false), ("+1S", false), ("S", false), ("", false), ("999999999S", false),
      ("1", false),
      ("1s", false), ("1Ś", false), (" 1S", false), ("1S ", false), ("１S", false),
    ])
  func timeout(_ text: String, _ isOne: Bool) {
    #expect((HeaderGuard.problem(in: ["grpc-timeout": text]) == nil) == isOne)
  }

  @Test("Two of them are refused")
  func twoTimeouts() {
    #expect(
      HeaderGuard.problem(
        in: [("grpc-timeout", "1S"), ("grpc-timeout", "2S")].reduce(into: HPACKHeaders()) { $0.add(name: $1.0, value: $1.1) }) != nil)
    #expect(HeaderGuard.problem(in: ["te": "trailers"]) == nil)
  }

  @Test("Of those who wait the company comes first that was let in longest ago, however many another has waiting")
  func fairness() async throws {
    let places = FairPlaces(atOnceMax: 1)
    try await places.enter(9)
    let order = Record()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, tenant) in [Int32(1), 1, 1, 2, 1, 3].enumerated() {
        group.addTask {
          try await places.enter(tenant)
          order.add(tenant)
          places.leave(tenant)
        }
        while places.waiting < index + 1 { await Task.yield() }
      }
      places.leave(9)
      try await group.waitForAll()
    }
    #expect(order.all == [1, 2, 3, 1, 1, 1])
  }

  @Test("More than may wait of one company are refused at once")
  func tooMany() async throws {
    let places = FairPlaces(atOnceMax: 1, waitingPerTenantMax: 0)
    #expect(places.tryEnter(1))
    #expect(!places.tryEnter(1) && !places.tryEnter(2))
    await #expect(throws: CallError.self) { try await places.enter(2) }
  }

  @Test("A writer goes on while a reader does not read, up to a bound; and one who must not wait is refused then")
  func outlet() async throws {
    let read = Record()
    let gate = Gate()
    let outlet = MessageOutlet { body in
      await gate.wait()
      read.add(Int32(body.count))
    }
    for _ in 0..<4 { try await outlet.send([UInt8](repeating: 0, count: 1 << 18), mayWait: false) }
    await #expect(throws: CallError.self) { try await outlet.send([1], mayWait: false) }
    let waiting = Task { try await outlet.send([1], mayWait: true) }
    gate.open()
    try await waiting.value
    try await outlet.drain()
    #expect(read.all.reduce(0, +) == 1 << 20 + 1)
  }

  @Test("Who waits for a reader that is gone is told")
  func readerGone() async throws {
    let outlet = MessageOutlet { _ in throw CancellationError() }
    try await outlet.send([1], mayWait: false)
    await #expect(throws: CancellationError.self) { try await outlet.drain() }
    await #expect(throws: CancellationError.self) { try await outlet.send([1], mayWait: true) }
  }

  @Test("An error is no longer than the headers that it travels in, and cut between characters")
  func bounded() {
    var error = CallError.invalid((0..<10_000).map { ("f\($0)", String(repeating: "ü", count: 3000)) })
    error.metadata["database"] = "secret"
    let outward = error.outward
    #expect(outward.message.utf8.count <= 603 && outward.metadata.isEmpty)
    #expect(outward.violations.count > 10 && outward.violations.last?.message == "and \(10_000 - outward.violations.count + 1) more faults")
    #expect(outward.violations.allSatisfy { $0.message.utf8.count <= 203 && !$0.message.unicodeScalars.contains("\u{FFFD}") })
  }
}

private final class Record: Sendable {
  private let values = Mutex<[Int32]>([])

  func add(_ value: Int32) { values.withLock { $0.append(value) } }
  var all: [Int32] { values.withLock { $0 } }
}

/// Closed until it is opened.
private final class Gate: Sendable {
  private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiters.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  func open() {
    let waiters = state.withLock { state in
      state.isOpen = true
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
