// The text of what tests look at.

import Outcomes
import Reports

/// The report of an outcome as text.
func report(_ outcome: Outcome, isBrief: Bool = false) -> String {
  TextRenderer.text(OutcomeReport.document(outcome, isBrief: isBrief))
}

/// The explanation of a schedule as text.
func explained(
  _ explanation: Explanation, rowsMax: Int = TextRenderer.interleavingRowsMax
) -> String {
  TextRenderer.text(ScheduleReport.document(explanation), rowsMax: rowsMax)
}
