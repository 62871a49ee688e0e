// Which real CPU a thread is on: the bench asks, and Swift cannot.
#define _GNU_SOURCE
#include <sched.h>

#include "CReference.h"

int32_t creference_real_cpu(void) { return sched_getcpu(); }
