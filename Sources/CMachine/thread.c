// The thread-local word and the name of a thread.
#include <string.h>
#include <sys/prctl.h>

#include "pt_thread.h"

_Thread_local void *_Nullable pt_current_cpu_word;

void pt_set_thread_name(const char *name) {
  char shortened[16] = {0};
  strncpy(shortened, name, sizeof shortened - 1);
  // Fails only for a bad pointer; a nameless thread would do no harm either.
  (void)prctl(PR_SET_NAME, shortened, 0, 0, 0);
}
