// The thread-local word and the name of a thread, and how many there can be.
#define _GNU_SOURCE
#include "pt_thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

_Thread_local void *_Nullable pt_current_cpu_word;

void pt_set_thread_name(const char *name) {
  char shortened[16] = {0};
  strncpy(shortened, name, sizeof shortened - 1);
  // Fails only for a bad pointer; a nameless thread would do no harm either.
  (void)prctl(PR_SET_NAME, shortened, 0, 0, 0);
}

static void *wait_at_gate(void *gate) {
  (void)pthread_mutex_lock(gate);
  (void)pthread_mutex_unlock(gate);
  return NULL;
}

int pt_threads_made(int count) {
  pthread_t *threads = calloc(count > 0 ? (size_t)count : 1, sizeof *threads);
  if (!threads) return 0;
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  (void)pthread_mutex_lock(&gate);
  int made = 0;
  while (made < count && !pthread_create(&threads[made], NULL, wait_at_gate, &gate)) made++;
  (void)pthread_mutex_unlock(&gate);
  for (int i = 0; i < made; i++) (void)pthread_join(threads[i], NULL);
  free(threads);
  return made;
}
