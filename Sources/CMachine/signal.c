// Signals as interrupts: the handler, the mask of a thread, and who sends.
#define _GNU_SOURCE
#include "pt_signal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "pt_thread.h"
#include "sanitizer.h"

static const int interrupt_signal = SIGUSR2;

static pt_signal_entry installed_entry;
// The mask that the thread had before it took signals.
static _Thread_local sigset_t outer_mask;

// The bounds of this program's code, from the linker.
extern const char __executable_start[];
extern const char etext[];

static sigset_t only_interrupts(void) {
  sigset_t set;
  (void)sigemptyset(&set);
  (void)sigaddset(&set, interrupt_signal);
  return set;
}

// Whoever holds a lock of a library must get on: what the entry would run may be left for good, or
// may want the same lock.
static uint32_t in_own_code(const ucontext_t *interrupted) {
#if defined(__x86_64__)
  uintptr_t place = (uintptr_t)interrupted->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
  uintptr_t place = (uintptr_t)interrupted->uc_mcontext.pc;
#endif
  return place >= (uintptr_t)__executable_start && place < (uintptr_t)etext;
}

// Without a CPU it may run in the middle of a switch of stacks: it must not look at the stack.
PT_UNSANITIZED static void on_signal(int signal, siginfo_t *information, void *context) {
  (void)signal;
  (void)information;
  int error = errno;
  void *cpu = pt_current_cpu();
  if (cpu) installed_entry(cpu, in_own_code(context));
  errno = error;
}

int pt_signals_install(pt_signal_entry entry) {
  installed_entry = entry;
  struct sigaction action = {0};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  (void)sigemptyset(&action.sa_mask);
  return sigaction(interrupt_signal, &action, NULL);
}

void pt_signals_open(void *cpu) {
  sigset_t set = only_interrupts();
  (void)pthread_sigmask(SIG_BLOCK, &set, &outer_mask);
  const struct timespec now = {0};
  while (sigtimedwait(&set, NULL, &now) > 0) {
  }
  pt_set_current_cpu(cpu);
  (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void pt_signals_close(void) {
  pt_set_current_cpu(NULL);
  (void)pthread_sigmask(SIG_SETMASK, &outer_mask, NULL);
}

void pt_signals_unblock(void) {
  sigset_t set = only_interrupts();
  (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void pt_signals_block(void) {
  sigset_t set = only_interrupts();
  (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int pt_thread_number(void) { return (int)syscall(SYS_gettid); }

void pt_signal_thread(int thread) {
  (void)syscall(SYS_tgkill, getpid(), thread, interrupt_signal);
}

void pt_signal_here(void) {
  long process = getpid();
  long thread = pt_thread_number();
#if defined(__x86_64__)
  long result = SYS_tgkill;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(process), "S"(thread), "d"((long)interrupt_signal)
                   : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long number __asm__("x8") = SYS_tgkill;
  register long first __asm__("x0") = process;
  register long second __asm__("x1") = thread;
  register long third __asm__("x2") = interrupt_signal;
  __asm__ volatile("svc #0" : "+r"(first) : "r"(number), "r"(second), "r"(third) : "memory");
#endif
}

void pt_sleep(uint32_t nanoseconds) {
  (void)prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
  const struct timespec time = {.tv_nsec = (long)nanoseconds};
  (void)nanosleep(&time, NULL);
}
