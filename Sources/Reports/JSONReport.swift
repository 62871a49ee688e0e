// The report of a run for programs: the outcome as JSON, and back.
//
// Rule  Keys are sorted, so that two outcomes can be compared line by line. Numbers of 64 bits are
//       written in full: a reader must not take them for doubles.

import Foundation
import Outcomes

/// Why a text is not an outcome that can be read.
public struct JSONReportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, in one line.
  public let description: String
}

/// Writes and reads outcomes as JSON.
public enum JSONReport {
  private struct Version: Decodable {
    var schemaVersion: Int
  }

  /// The outcome, ending with a line feed. A rate that is no finite number becomes a string.
  public static func render(_ outcome: Outcome) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    let data = try encoder.encode(outcome)
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  /// The outcome that ``render(_:)`` wrote.
  ///
  /// - Throws: ``JSONReportError`` for a text that is no outcome, or one of another schema version.
  public static func read(_ text: String) throws(JSONReportError) -> Outcome {
    let version: Version = try decode(text)
    guard version.schemaVersion == OutcomeHeader.currentSchemaVersion else {
      throw JSONReportError(
        description: "this outcome has schema version \(version.schemaVersion), "
          + "but this pagetorture reads version \(OutcomeHeader.currentSchemaVersion)")
    }
    return try decode(text)
  }

  private static func decode<Value: Decodable>(
    _ text: String
  ) throws(JSONReportError) -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do {
      return try decoder.decode(Value.self, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw JSONReportError(description: "not an outcome of pagetorture: \(reason(error))")
    } catch {
      throw JSONReportError(description: "not an outcome of pagetorture")
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
      "no \(place(context.codingPath + [key]))"
    case .typeMismatch(_, let context):
      "\(place(context.codingPath)) has the wrong type"
    case .valueNotFound(_, let context):
      "\(place(context.codingPath)) is null"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "not valid JSON" : "\(place(context.codingPath)) has an impossible value"
    @unknown default: "unknown reason"
    }
  }

  private static func place(_ path: [any CodingKey]) -> String {
    guard !path.isEmpty else { return "the text" }
    return path.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }
      .joined(separator: ".")
      .replacing(".[", with: "[")
  }
}
