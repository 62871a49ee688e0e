// Leaving code that traps or falls silent. See pt_guard.h.
//
// The handler runs on a stack of its own, since the fiber's may be what overflowed. It returns to
// pt_guard_landing at the top of the fiber's stack, whose frames nobody will return to.
#define _GNU_SOURCE
#include "pt_guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "sanitizer.h"

enum { trap_count = 5, alternate_bytes = 64 * 1024, guard_zone_bytes = 1 << 20 };

static const int traps[trap_count] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
static const int watch_signal = SIGVTALRM;
static const long watch_nanoseconds = 100 * 1000 * 1000;

static struct sigaction earlier[trap_count];
static pthread_once_t installed = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;

// What a thread has that set a guard once: a stack for the handler, and a timer.
struct thread_kit {
  void *stack;
  timer_t timer;
  int has_timer;
};

static _Thread_local struct pt_guard *volatile current;
static _Thread_local struct thread_kit *kit;

static void release_kit(void *word) {
  struct thread_kit *old = word;
  if (old->has_timer) (void)timer_delete(old->timer);
  const stack_t off = {.ss_flags = SS_DISABLE};
  if (old->stack) {
    (void)sigaltstack(&off, NULL);
    (void)munmap(old->stack, alternate_bytes);
  }
  free(old);
}

static _Noreturn void landing(int signal, struct pt_guard *guard) {
  guard->land(guard->context, signal);
  __builtin_trap();
}

static uintptr_t stack_pointer(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
  return (uintptr_t)context->uc_mcontext.sp;
#endif
}

// Has the interrupted code go on at `landing` on top of the fiber's stack.
static void redirect(
    ucontext_t *context, const struct pt_fiber *fiber, int signal, struct pt_guard *guard) {
  uintptr_t top = ((uintptr_t)fiber->stack_low + fiber->stack_bytes - 256) & ~(uintptr_t)15;
#if defined(__x86_64__)
  // As after a call: eight bytes short of a multiple of sixteen, and no address to return to.
  *(uintptr_t *)(top - 8) = 0;
  context->uc_mcontext.gregs[REG_RSP] = (greg_t)(top - 8);
  context->uc_mcontext.gregs[REG_RBP] = 0;
  context->uc_mcontext.gregs[REG_RDI] = signal;
  context->uc_mcontext.gregs[REG_RSI] = (greg_t)guard;
  context->uc_mcontext.gregs[REG_RIP] = (greg_t)landing;
#elif defined(__aarch64__)
  context->uc_mcontext.sp = top;
  context->uc_mcontext.regs[29] = 0;
  context->uc_mcontext.regs[30] = 0;
  context->uc_mcontext.regs[0] = (uint64_t)signal;
  context->uc_mcontext.regs[1] = (uint64_t)guard;
  context->uc_mcontext.pc = (uint64_t)landing;
#endif
}

// The fiber whose code was interrupted, or overflowed its stack; null if it was other code.
static struct pt_fiber *interrupted_fiber(
    struct pt_guard *guard, const ucontext_t *context, uint64_t *progress) {
  struct pt_fiber *fiber = guard->look(guard->context, progress);
  if (!fiber || !fiber->owns_stack) return NULL;
  uintptr_t place = stack_pointer(context);
  uintptr_t low = (uintptr_t)fiber->stack_low;
  // A frame that did not fit reaches below the guard pages too.
  if (place >= low + fiber->stack_bytes || place + guard_zone_bytes < low) return NULL;
  return fiber;
}

static void on_trap(int signal, siginfo_t *information, void *place) {
  (void)information;
  struct pt_guard *guard = current;
  uint64_t progress = 0;
  if (guard) {
    struct pt_fiber *fiber = interrupted_fiber(guard, place, &progress);
    if (fiber) return redirect(place, fiber, signal, guard);
  }
  // The instruction traps again, and what was there before us has it.
  for (int index = 0; index < trap_count; ++index) {
    if (traps[index] == signal) (void)sigaction(signal, &earlier[index], NULL);
  }
}

static void on_watch(int signal, siginfo_t *information, void *place) {
  (void)signal;
  (void)information;
  struct pt_guard *guard = current;
  if (!guard || guard->silence_max == 0) return;
  uint64_t progress = 0;
  struct pt_fiber *fiber = interrupted_fiber(guard, place, &progress);
  if (!fiber || progress != guard->seen) {
    guard->seen = progress;
    guard->silence = 0;
    return;
  }
  guard->silence += 1;
  if (guard->silence < guard->silence_max) return;
  guard->silence = 0;
  redirect(place, fiber, 0, guard);
}

static void install(void) {
  (void)pthread_key_create(&thread_key, release_kit);
  struct sigaction action = {0};
  action.sa_sigaction = on_trap;
  // Unblocked on the way out by the return to `landing`, which has the old mask.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  (void)sigemptyset(&action.sa_mask);
  for (int index = 0; index < trap_count; ++index) {
    (void)sigaction(traps[index], &action, &earlier[index]);
  }
  action.sa_sigaction = on_watch;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  (void)sigaction(watch_signal, &action, NULL);
}

static void make_kit(void) {
  struct thread_kit *made = calloc(1, sizeof *made);
  if (!made) return;
  stack_t now;
  if (sigaltstack(NULL, &now) == 0 && now.ss_flags & SS_DISABLE) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *stack = mmap(NULL, alternate_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    const stack_t ours = {.ss_sp = stack, .ss_size = alternate_bytes};
    if (stack != MAP_FAILED && sigaltstack(&ours, NULL) == 0) made->stack = stack;
  }
  kit = made;
  (void)pthread_setspecific(thread_key, made);
}

static void start_watch(void) {
  struct sigevent event = {0};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = watch_signal;
  event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &kit->timer) != 0) return;
  const struct itimerspec every = {
      .it_interval = {.tv_nsec = watch_nanoseconds}, .it_value = {.tv_nsec = watch_nanoseconds}};
  (void)timer_settime(kit->timer, 0, &every, NULL);
  kit->has_timer = 1;
  // A thread of a pool has nearly all signals blocked.
  sigset_t set;
  (void)sigemptyset(&set);
  (void)sigaddset(&set, watch_signal);
  (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

// What a thread needs before its first guard, and before its first that watches for silence.
__attribute__((noinline, cold)) static void equip_thread(int watches) {
  if (!kit) {
    (void)pthread_once(&installed, install);
    make_kit();
  }
  if (kit && !kit->has_timer && watches) start_watch();
}

void pt_guard_set(struct pt_guard *guard) {
  if (PT_TSAN || PT_ASAN) return;
  int watches = guard->silence_max > 0;
  if (!kit || (watches && !kit->has_timer)) equip_thread(watches);
  guard->silence = 0;
  guard->outer = current;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  current = guard;
}

void pt_guard_clear(struct pt_guard *guard) {
  if (PT_TSAN || PT_ASAN) return;
  current = guard->outer;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
