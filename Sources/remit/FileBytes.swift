import Foundation

/// What a file holds that the user named, also a pipe or a device; else the command ends with the reason.
func bytes(ofFile path: String) throws -> Data {
  errno = 0
  guard let file = FileHandle(forReadingAtPath: path) else {
    try fail("\(path) cannot be read: \(String(cString: strerror(errno)))", EX_NOINPUT)
  }
  do {
    return try file.readToEnd() ?? Data()
  } catch {
    try fail("\(path) cannot be read: \(access(path + "/", F_OK) == 0 ? "it is a folder" : "\(error)")", EX_NOINPUT)
  }
}
