// What becomes of code that traps, or that never comes to a point again: it is left, as after a
// finding, and the process goes on. For code on a fiber alone: the tester's own code on a thread's
// own stack ends the process as ever.
//
// A trap is a signal of the processor: a bad address, an overflow of the stack, an instruction that
// Swift stops at (arithmetic overflow, a failed precondition). Silence is a fiber that uses
// processor time and passes no point.
#ifndef PT_GUARD_H
#define PT_GUARD_H

#include <stdint.h>

#include "pt_attributes.h"
#include "pt_fiber.h"

/// What the guard asks in the handler of a signal: the fiber that runs on this thread, null for
/// none, and how far it has come, by any number.
typedef struct pt_fiber *_Nullable (*pt_guard_look)(
    void *_Nonnull context, uint64_t *_Nonnull progress);

/// Goes on on the fiber's stack, from its top, what was there being lost: `signal` is the number of
/// the signal, 0 for silence. Must not return; no signal is blocked that was not before.
typedef void (*pt_guard_land)(void *_Nonnull context, int32_t signal);

/// A guard, in memory of its user for as long as it is set.
struct pt_guard {
  pt_guard_look _Nonnull look;
  pt_guard_land _Nonnull land;
  void *_Nonnull context;
  /// Tenths of a second of processor time without progress that are silence; 0 to ask nothing.
  uint32_t silence_max;
  uint32_t silence;
  uint64_t seen;
  /// The guard that was set before, set again afterwards.
  struct pt_guard *_Nullable outer;
};

/// Sets a guard for the calling thread. Nothing with a sanitizer, which has its own handlers.
void pt_guard_set(struct pt_guard *_Nonnull guard);

/// Takes the guard set last away, on the thread that set it.
void pt_guard_clear(struct pt_guard *_Nonnull guard);

#endif
