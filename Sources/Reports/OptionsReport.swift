// What a run prints before it starts: its seed and every option, so that a run that is cut off has
// said how to repeat it.

/// Makes the report of the options of a run.
public enum OptionsReport {
  /// The options under a title.
  ///
  /// - Parameters:
  ///   - name: The config's name.
  ///   - seed: The campaign seed.
  ///   - options: The resolved options as JSON5.
  ///   - scale: How what runs differs from the config, in a sentence; nil if it does not.
  public static func document(
    name: String, seed: UInt64, options: String, scale: String? = nil
  ) -> ReportDocument {
    var body = options
    while body.last?.isNewline == true { body.removeLast() }
    let title: ReportBlock = .sentence("options of \(name), seed \(seed):")
    return ReportDocument([
      ReportSection(nil, [title, .listing(body)]),
      scale.map { ReportSection(nil, [.sentence($0)]) },
    ])
  }
}
