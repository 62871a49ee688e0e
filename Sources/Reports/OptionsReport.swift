// What a run prints before it starts: its seed and every option, so that a run that is cut off has
// said how to repeat it.

/// Prints the options of a run.
public enum OptionsReport {
  /// The options under a title, ending with an empty line.
  ///
  /// - Parameters:
  ///   - name: The config's name.
  ///   - seed: The campaign seed.
  ///   - options: The resolved options as JSON5.
  public static func render(name: String, seed: UInt64, options: String) -> String {
    var body = options
    while body.last?.isNewline == true { body.removeLast() }
    let title = TextLayout.wrapped("options of \(name), seed \(seed):", rest: "  ")
    return title.joined(separator: "\n") + "\n\(body)\n\n"
  }
}
