// Prints a node tree as plain JSON, for files that other programs read too.  The same tree always
// gives the same text.

/// Writes JSON: keys in quotes, numbers in JSON's forms, a container on one line when it fits.
public enum JSONWriter {
  /// Columns that the one-line form of a container may reach.
  public static let columnsMax = 100

  /// The whole document, ending with a line feed, its outermost container broken into lines.
  public static func text(_ node: JSON5Node) -> String {
    (brokenText(node, indentation: 0) ?? oneLine(node)) + "\n"
  }

  /// The tree on one line, without a line feed.
  public static func oneLine(_ node: JSON5Node) -> String {
    switch node.value {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .number(let number): return numberText(number)
    case .string(let string): return JSON5Writer.quoted(string)
    case .array(let items): return "[" + items.map(oneLine).joined(separator: ", ") + "]"
    case .object(let members):
      let texts = members.map { "\(JSON5Writer.quoted($0.key)): \(oneLine($0.value))" }
      return texts.isEmpty ? "{}" : "{ " + texts.joined(separator: ", ") + " }"
    }
  }

  /// A whole number exactly; another as the nearest double; a string for what JSON has no form of.
  private static func numberText(_ number: JSON5Number) -> String {
    if let integer = number.asInteger {
      return (integer.isNegative && integer.magnitude != 0 ? "-" : "") + "\(integer.magnitude)"
    }
    let value = number.asDouble
    return value.isFinite ? "\(value)" : JSON5Writer.quoted(number.text)
  }

  private static func brokenText(_ node: JSON5Node, indentation: Int) -> String? {
    let inner = indentation + 2
    let margin = String(repeating: " ", count: indentation)
    switch node.value {
    case .array(let items) where items.count > 1 && items.allSatisfy(isNumber):
      return "[\n" + filled(items.map(oneLine), inner) + "\n" + margin + "]"
    case .array(let items) where !items.isEmpty:
      let lines = items.map { line("", $0, inner) }
      return "[\n" + lines.joined(separator: ",\n") + "\n" + margin + "]"
    case .object(let members) where !members.isEmpty:
      let lines = members.map { line(JSON5Writer.quoted($0.key) + ": ", $0.value, inner) }
      return "{\n" + lines.joined(separator: ",\n") + "\n" + margin + "}"
    default: return nil
    }
  }

  private static func isNumber(_ node: JSON5Node) -> Bool {
    if case .number = node.value { return true }
    return false
  }

  /// Items one after another, as many on a line as fit.
  private static func filled(_ items: [String], _ indentation: Int) -> String {
    let margin = String(repeating: " ", count: indentation)
    var lines: [String] = []
    var line = ""
    for (index, item) in items.enumerated() {
      let text = item + (index < items.count - 1 ? "," : "")
      if !line.isEmpty && indentation + line.count + 1 + text.count > columnsMax {
        lines.append(margin + line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + text
    }
    return (lines + [margin + line]).joined(separator: "\n")
  }

  /// One item or member, on one line if it fits.
  private static func line(_ prefix: String, _ node: JSON5Node, _ indentation: Int) -> String {
    let margin = String(repeating: " ", count: indentation)
    let short = margin + prefix + oneLine(node)
    // One column for the comma.
    if short.unicodeScalars.count < columnsMax { return short }
    guard let broken = brokenText(node, indentation: indentation) else { return short }
    return margin + prefix + broken
  }
}
