import Synchronization

/// The last requests of companies' writes that this server admitted, as they were sent: by them plans tell what a form would refuse. In memory only.
final class RecentRequests: Sendable {
  /// Of a company and a method.
  static let most = 1000
  private static let bytesMax = 4096
  /// Of all, in bytes; then it begins anew.
  private static let sizeMax = 64 << 20

  private struct Key: Hashable {
    let tenant: Int32
    let path: String
  }

  private struct Ring {
    var requests: [[UInt8]] = []
    var next = 0
  }

  private let state = Mutex<(rings: [Key: Ring], size: Int)>(([:], 0))

  func add(_ request: [UInt8], to path: String, of tenant: Int32) {
    guard request.count <= Self.bytesMax else { return }
    state.withLock { state in
      if state.size > Self.sizeMax { state = ([:], 0) }
      state.size += request.count
      let key = Key(tenant: tenant, path: path)
      if state.rings[key]?.requests.count ?? 0 < Self.most {
        state.rings[key, default: Ring()].requests.append(request)
      } else if let next = state.rings[key]?.next {
        state.size -= state.rings[key]?.requests[next].count ?? 0
        state.rings[key]?.requests[next] = request
        state.rings[key]?.next = (next + 1) % Self.most
      }
    }
  }

  func all(of path: String, _ tenant: Int32) -> [[UInt8]] { state.withLock { $0.rings[Key(tenant: tenant, path: path)]?.requests ?? [] } }
}
