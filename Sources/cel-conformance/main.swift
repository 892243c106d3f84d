import FoundationEssentials
import Glibc

// cel-conformance <folder>: runs every case of the folder's .jsonl files and tells which failed.

/// How many cases passed, failed and were skipped.
struct Tally {
  var passed = 0
  var failed = 0
  var skipped = 0

  var text: String { "\(passed) passed, \(failed) failed, \(skipped) skipped" }

  mutating func add(_ outcome: Runner.Outcome) {
    switch outcome {
    case .passed: passed += 1
    case .failed: failed += 1
    case .skipped: skipped += 1
    }
  }
}

guard CommandLine.arguments.count == 2 else {
  print("usage: cel-conformance <folder of .jsonl files>")
  exit(2)
}
let folder = URL(filePath: CommandLine.arguments[1], directoryHint: .isDirectory)
let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".jsonl") }.sorted()
var (total, profiles): (Tally, [String: Tally]) = (Tally(), [:])
for name in names {
  let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  for line in text.split(separator: "\n") {
    let test = try Case(line: line)
    let outcome = Runner.run(test)
    total.add(outcome)
    profiles[test.profile, default: Tally()].add(outcome)
    if case .failed(let expected, let got) = outcome { print("\(test.id): expected \(expected), got \(got)") }
  }
}
for (profile, tally) in profiles.sorted(by: { $0.key < $1.key }) { print("\(profile): \(tally.text)") }
print(total.text)
exit(total.failed == 0 && !names.isEmpty ? 0 : 1)
