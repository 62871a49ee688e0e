// Interrupts of a virtual CPU as signals of the operating system: SIGUSR2, sent to one thread.
//
// A thread takes them between pt_signals_open and pt_signals_close, for the CPU that
// pt_current_cpu names. While the entry runs the signal is blocked, as a processor has its
// interrupts off; the entry may unblock it for work that interrupts may cut into.
#ifndef PT_SIGNAL_H
#define PT_SIGNAL_H

#include <stdint.h>

#include "pt_attributes.h"

/// What a signal calls: the CPU of the thread, and whether the signal cut into code of this
/// program (1) or of a library (0), where a lock of the library may be held.
typedef void (*pt_signal_entry)(void *_Nonnull cpu, uint32_t in_own_code);

/// Makes `entry` what the signals call from now on, on the stack that they cut into. The handler
/// stays for good: a late signal without one would end the process. 0, or -1 with errno set.
int pt_signals_install(pt_signal_entry _Nonnull entry);

/// Lets signals come to the calling thread, for `cpu`. Signals left over are dropped before.
void pt_signals_open(void *_Nonnull cpu);

/// Ends it: the thread has its old signal mask again. Once for each pt_signals_open, also when a
/// handler was left by switching stacks and so never returned.
void pt_signals_close(void);

/// Lets the signal interrupt the code that called by a signal, until pt_signals_block.
void pt_signals_unblock(void);
/// Undoes pt_signals_unblock.
void pt_signals_block(void);

/// The number of the calling thread, for pt_signal_thread.
int pt_thread_number(void);

/// Sends the signal to a thread of this process. A number whose thread has ended does no harm: the
/// signal goes nowhere, or to a thread that plays no CPU and ignores it.
void pt_signal_thread(int thread);

/// Sends the signal to the calling thread, which takes it right here, in code of this program. For
/// tests: nothing of a library is on the way.
void pt_signal_here(void);

/// Sleeps for about so many nanoseconds, below 10^9, without the slack of an ordinary sleep.
void pt_sleep(uint32_t nanoseconds);

#endif
