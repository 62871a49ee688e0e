// The thread-local word, the name and the start of a thread.
#define _GNU_SOURCE
#include "pt_thread.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

_Thread_local void *_Nullable pt_current_cpu_word;

void pt_set_thread_name(const char *name) {
  char shortened[16] = {0};
  strncpy(shortened, name, sizeof shortened - 1);
  // Fails only for a bad pointer; a nameless thread would do no harm either.
  (void)prctl(PR_SET_NAME, shortened, 0, 0, 0);
}

void pt_prefer_thread(void) { (void)setpriority(PRIO_PROCESS, 0, -2); }

// What the threads of Dispatch take: the faults of their own code, and the profiler's.
static sigset_t all_but_faults(void) {
  static const int taken[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGPIPE, SIGPROF, SIGSYS};
  sigset_t set;
  (void)sigfillset(&set);
  for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) (void)sigdelset(&set, taken[i]);
  return set;
}

int pt_thread_start(pt_thread_entry entry, void *argument) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error) return error;
  (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // A thread begins with the mask of the one that makes it.
  sigset_t blocked = all_but_faults();
  sigset_t before;
  (void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
  pthread_t thread;
  error = pthread_create(&thread, &attributes, entry, argument);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  (void)pthread_attr_destroy(&attributes);
  return error;
}
