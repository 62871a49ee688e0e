// What belongs to a thread of the operating system: its error number, the simulated CPU
// it plays, and its name.
#ifndef PT_THREAD_H
#define PT_THREAD_H

#include <errno.h>

#include "pt_attributes.h"

/// The error number of the calling thread's last failed call.
PT_HOT static inline int pt_errno(void) { return errno; }

extern _Thread_local void *_Nullable pt_current_cpu_word;

/// The CPU that this thread plays, null when it plays none. Ordinary code is handed its CPU as an
/// argument; this is for a signal handler, which is handed nothing. Safe in a signal handler.
PT_HOT static inline void *_Nullable pt_current_cpu(void) {
  return *(void *_Nullable volatile *)&pt_current_cpu_word;
}

/// Sets the CPU that this thread plays, null for none. The barriers keep the store in its place
/// as seen by a signal handler of the same thread.
PT_HOT static inline void pt_set_current_cpu(void *_Nullable cpu) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  *(void *_Nullable volatile *)&pt_current_cpu_word = cpu;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/// Makes up to `count` threads that live side by side, and lets them go again. Returns how many the
/// system made.
int pt_threads_made(int count);

/// Names the calling thread for debuggers and process listings; the first 15 bytes count.
void pt_set_thread_name(const char *_Nonnull name);

#endif
