// Single instructions and one trampoline, inlined into the Swift code that uses them.
#ifndef PT_INSTRUCTIONS_H
#define PT_INSTRUCTIONS_H

#include <sched.h>
#include <stdint.h>

#include "pt_attributes.h"

/// Tells the processor that this is a spin loop.
PT_HOT static inline void pt_cpu_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield" ::: "memory");
#else
#error "pagetorture knows x86-64 and aarch64"
#endif
}

/// A free-running counter in ticks of an unspecified length. Not ordered against other
/// instructions: use it to choose, to spread and to estimate, not to decide what came first.
PT_HOT static inline uint64_t pt_ticks(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#endif
}

/// Lets another thread of the operating system run.
PT_HOT static inline void pt_yield(void) { (void)sched_yield(); }

/// Keeps the compiler from moving memory accesses across it. Orders nothing between processors;
/// enough between a thread and a signal handler that runs on it.
PT_HOT static inline void pt_compiler_barrier(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

/// What an instrumentation point calls: its own context, the kind of the point and its site packed
/// in one word, and the object concerned.
typedef void (*pt_hook)(
    void *_Nullable context, uint64_t kind_and_site, void *_Nullable object);

/// Calls `hook`. A function pointer carries no promise that Swift could check, so the call goes
/// through this declaration; the hook must take no lock of the machine and allocate nothing.
PT_HOT static inline void pt_hook_call(
    pt_hook _Nonnull hook, void *_Nullable context, uint64_t kind_and_site,
    void *_Nullable object) {
  hook(context, kind_and_site, object);
}

#endif
