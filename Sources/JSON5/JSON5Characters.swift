// The character classes of JSON5's grammar, which takes them from ECMAScript 5.1: white space,
// line ends and the letters of an unquoted key (https://spec.json5.org, sections 5 to 8).

extension Unicode.Scalar {
  /// A line terminator of the grammar: it ends a line comment and continues a string after `\`.
  var isJSON5LineEnd: Bool {
    self == "\n" || self == "\r" || self == "\u{2028}" || self == "\u{2029}"
  }

  /// White space, line ends and the byte order mark included.
  var isJSON5Space: Bool {
    switch self {
    case " ", "\t", "\n", "\r", "\u{0B}", "\u{0C}", "\u{A0}", "\u{FEFF}", "\u{2028}", "\u{2029}":
      return true
    default:
      return !isASCII && properties.generalCategory == .spaceSeparator
    }
  }

  /// A letter, `$` or `_`: what an unquoted key may start with.
  var isJSON5IdentifierStart: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "$", "_": return true
    default:
      guard !isASCII else { return false }
      switch properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .letterNumber:
        return true
      default:
        return false
      }
    }
  }

  /// What an unquoted key may go on with: also digits, marks and the two joiners.
  var isJSON5IdentifierPart: Bool {
    if isJSON5IdentifierStart || isDecimalDigit { return true }
    if self == "\u{200C}" || self == "\u{200D}" { return true }
    guard !isASCII else { return false }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }

  /// A character that an error quotes together with its neighbours: `60s`, `-1.5e3`, `yes`.
  var isJSON5WordPart: Bool {
    isJSON5IdentifierPart || self == "+" || self == "-" || self == "."
  }

  /// `0` to `9`.
  var isDecimalDigit: Bool { ("0"..."9").contains(self) }

  /// The value 0 to 15 of a hexadecimal digit of either case; nil for other characters.
  var hexadecimalDigit: UInt32? {
    switch self {
    case "0"..."9": return value - Unicode.Scalar("0").value
    case "a"..."f": return value - Unicode.Scalar("a").value + 10
    case "A"..."F": return value - Unicode.Scalar("A").value + 10
    default: return nil
    }
  }
}
