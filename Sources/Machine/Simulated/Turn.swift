// Whose code goes on after a choice.

/// A fiber whose turn it is: a CPU's, or the thread's once a schedule is over.
struct Turn {
  let fiber: Fiber
  /// True if it first does what its CPU's `arrival` says.
  var arrives = false
}
