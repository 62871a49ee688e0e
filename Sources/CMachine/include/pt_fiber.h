// Fibers: stacks that one thread of the operating system runs in turn. Only the thread that
// created or adopted a fiber may touch it. The control block is plain C state so that the code
// that changes it can be hidden from ThreadSanitizer (see fiber.c).
#ifndef PT_FIBER_H
#define PT_FIBER_H

#include <stddef.h>
#include <stdint.h>

#include "pt_attributes.h"

/// What a fiber runs. It must not return: it switches away for the last time and is reset.
typedef void (*pt_fiber_entry)(void *_Nullable argument);

/// What a fiber calls before it goes on.
typedef void (*pt_fiber_call)(void *_Nullable argument);

enum pt_fiber_state {
  /// Owns a stack with nothing on it.
  pt_fiber_empty = 0,
  /// The fiber whose stack its thread is using now.
  pt_fiber_running = 1,
  /// Started, not entered yet. `sp` is valid in this state and the next.
  pt_fiber_ready = 2,
  /// Stopped inside pt_fiber_switch.
  pt_fiber_suspended = 3,
};

struct pt_fiber {
  /// The stack pointer to resume at; meaningful when ready or suspended.
  void *_Nullable sp;
  /// A value of `enum pt_fiber_state`.
  uint32_t state;
  /// 1 when the stack is ours to unmap, 0 for the stack of an adopted thread.
  uint32_t owns_stack;
  /// The lowest usable byte of the stack; an owned stack has its guard right below it.
  void *_Nonnull stack_low;
  /// The usable bytes from `stack_low` up.
  size_t stack_bytes;
  /// ThreadSanitizer's record of this fiber, null without ThreadSanitizer.
  void *_Nullable tsan;
  /// AddressSanitizer's fake stack while the fiber is suspended, null without it.
  void *_Nullable asan_fake;
  pt_fiber_entry _Nullable entry;
  void *_Nullable argument;
  /// With a sanitizer, what pt_fiber_leap_calling has the fiber call when it goes on.
  pt_fiber_call _Nullable call;
  void *_Nullable call_argument;
};

/// How ThreadSanitizer sees a switch. Without ThreadSanitizer both are the same.
enum pt_fiber_order {
  /// All that the old fiber did happens before all that the new one does from here.
  pt_fiber_synchronizing = 0,
  /// The switch orders nothing, as if the fibers were threads running at the same time, so that
  /// only the locks and atomics of the code under test do. Entering a fiber synchronizes always.
  pt_fiber_unordered = 1,
};

/// The sanitizer that this build was made with: 0 none, 1 thread, 2 address.
int pt_sanitizer(void);

/// A fiber with an empty stack of at least `stack_bytes` usable bytes and a guard below it.
/// Null, with errno set, when the memory is not to be had.
struct pt_fiber *_Nullable pt_fiber_create(size_t stack_bytes);

/// A running fiber that stands for the calling thread and its own stack. Null, with errno set,
/// when that fails.
struct pt_fiber *_Nullable pt_fiber_adopt_thread(void);

/// Frees a fiber with its stack. It must not be running, unless it is an adopted thread, which
/// must be running.
void pt_fiber_destroy(struct pt_fiber *_Nonnull fiber);

/// Makes an empty fiber ready to run `entry(argument)`.
void pt_fiber_start(
    struct pt_fiber *_Nonnull fiber, pt_fiber_entry _Nonnull entry, void *_Nullable argument);

/// Forgets what a ready or suspended fiber was doing: it becomes empty and nothing on its stack is
/// cleaned up. For ThreadSanitizer all that the fiber did happens before the return.
void pt_fiber_reset(struct pt_fiber *_Nonnull fiber);

/// Suspends `from`, which must be running on the calling thread, and runs `to`, which must be ready
/// or suspended. Returns when another switch names `from` as its `to`. The floating-point control
/// word is not part of a fiber.
PT_HOT void pt_fiber_switch(
    struct pt_fiber *_Nonnull from, struct pt_fiber *_Nonnull to, enum pt_fiber_order order);

/// The same, unordered unless `to` is a thread's own, for a scheduler that knows its fibers: nothing
/// is checked, and states stay as they are, so that a fiber counts as ready and its thread as running.
PT_HOT void pt_fiber_leap(struct pt_fiber *_Nonnull from, struct pt_fiber *_Nonnull to);

/// As pt_fiber_leap, and `to`, which stopped in a call of one of the two, calls `call(argument)`
/// before it goes on.
PT_HOT void pt_fiber_leap_calling(
    struct pt_fiber *_Nonnull from, struct pt_fiber *_Nonnull to, pt_fiber_call _Nonnull call,
    void *_Nullable argument);

/// switch.S: saves the registers a call preserves on the current stack and the stack pointer in
/// `*save_sp`, then resumes the stack `*resume_sp`.
PT_HOT void pt_switch(
    void *_Nullable *_Nonnull save_sp, void *_Nullable *_Nonnull resume_sp);

/// The same, and `call(argument)` runs on the resumed stack before it goes on.
PT_HOT void pt_switch_calling(
    void *_Nullable *_Nonnull save_sp, void *_Nullable *_Nonnull resume_sp,
    pt_fiber_call _Nonnull call, void *_Nullable argument);

/// switch.S: lays out the stack that ends at `stack_top` so that the first pt_switch to the result
/// calls `entry(argument)`. A backtrace ends there; an entry that returns traps with a message.
void *_Nonnull pt_fiber_prepare(
    void *_Nonnull stack_top, pt_fiber_entry _Nonnull entry, void *_Nullable argument);

#endif
