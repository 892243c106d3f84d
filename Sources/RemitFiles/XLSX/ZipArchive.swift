import CZip
import RemitAPI

/// A ZIP file in memory, of which an entry is inflated piece by piece: so sizes and counts that lie cost nothing.
final class ZipArchive {
  private static let entriesMax = 1000
  private static let inflatedBytesMax = 256 << 20
  private static let ratioMax = 200
  private static let chunkBytes = 1 << 16

  private let archive: OpaquePointer
  /// By name in small letters, as packages of Office know their parts.
  private var entries: [String: zip_uint64_t] = [:]
  private var inflatedBytes = 0

  /// - Parameter bytes: must outlive the archive.
  init(_ bytes: UnsafeBufferPointer<UInt8>) throws(CallError) {
    guard Self.claimedCount(bytes) <= Self.entriesMax else { throw .file("is a ZIP file of more than \(Self.entriesMax) parts") }
    guard let source = zip_source_buffer_create(bytes.baseAddress, zip_uint64_t(bytes.count), 0, nil) else { throw Self.damaged }
    guard let archive = zip_open_from_source(source, ZIP_RDONLY, nil) else {
      zip_source_free(source)
      throw Self.damaged
    }
    self.archive = archive
    let count = zip_get_num_entries(archive, 0)
    guard count <= Self.entriesMax else { throw .file("is a ZIP file of more than \(Self.entriesMax) parts") }
    for index in 0..<zip_uint64_t(max(0, count)) {
      guard let name = zip_get_name(archive, index, ZIP_FL_ENC_GUESS),
        entries.updateValue(index, forKey: String(cString: name).lowercased()) == nil
      else { throw Self.damaged }
    }
  }

  deinit { zip_discard(archive) }

  static var damaged: CallError { .file("is damaged or was cut off: its parts cannot be unpacked; save it again in a spreadsheet program") }

  /// The most entries that a directory says it has. libzip takes memory for so many before it reads one (APPNOTE.TXT 4.3.14 and 4.3.16).
  private static func claimedCount(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    func number(at place: Int, _ length: Int) -> UInt64 {
      bytes[place..<min(place + length, bytes.count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    var most: UInt64 = 0
    for place in bytes.indices where bytes[place] == 0x50 && bytes.count - place >= 22 {
      switch number(at: place, 4) {
      case 0x0605_4B50: most = max(most, number(at: place + 10, 2) == 0xFFFF ? 0 : number(at: place + 10, 2))
      case 0x0606_4B50: most = max(most, number(at: min(place + 32, bytes.count), 8))
      default: break
      }
    }
    return most
  }

  func has(_ name: String) -> Bool { entries[name.lowercased()] != nil }

  /// Hands an entry on in pieces. Its checksum and size are held against what the directory says.
  func read(_ name: String, _ take: (UnsafeRawBufferPointer) throws(CallError) -> Void) throws(CallError) {
    guard let index = entries[name.lowercased()] else { throw .file("is damaged: it lacks \(name)") }
    var stat = zip_stat_t()
    guard zip_stat_index(archive, index, 0, &stat) == 0 else { throw Self.damaged }
    guard stat.encryption_method == ZIP_EM_NONE else { throw .file("is protected by a password; save it without one") }
    guard Int32(stat.comp_method) == ZIP_CM_STORE || Int32(stat.comp_method) == ZIP_CM_DEFLATE,
      let file = zip_fopen_index(archive, index, 0)
    else { throw Self.damaged }
    defer { zip_fclose(file) }
    let entryBytesMax = min(Int(clamping: stat.comp_size), FileLimits.bytesMax) * Self.ratioMax
    var entryBytes = 0
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkBytes, alignment: 1)
    defer { chunk.deallocate() }
    while true {
      let count = Int(zip_fread(file, chunk.baseAddress, zip_uint64_t(chunk.count)))
      guard count >= 0 else { throw Self.damaged }
      guard count > 0 else { break }
      entryBytes += count
      inflatedBytes += count
      guard inflatedBytes <= Self.inflatedBytesMax, entryBytes <= entryBytesMax else {
        throw .file("unpacks to far more than its size: it is no workbook that a spreadsheet program wrote")
      }
      if Task.isCancelled { throw CallError(.cancelled, "CANCELLED", "the call was cancelled") }
      try take(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
    }
    // libzip has compared the checksum.
    guard entryBytes == Int(clamping: stat.size) else { throw Self.damaged }
  }
}
