// Fibers: their memory, their states and the switch between two of them.
//
// Every change of state is checked, because a switch from or to the wrong stack would corrupt
// memory far away from the mistake. The functions that touch a control block are hidden from
// ThreadSanitizer: with unordered switches it would take one fiber's write to the block and the
// next fiber's read of it for a race. They are hidden from AddressSanitizer because they run
// while it has not yet been told which stack is in use.
#define _GNU_SOURCE
#include "pt_fiber.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sanitizer.h"

// Deeper than one page: a Swift frame can be larger than a page and step over a thin guard.
static const size_t guard_bytes_min = 64 * 1024;

static _Noreturn void fail(const char *message) {
  (void)!write(STDERR_FILENO, message, strlen(message));
  __builtin_trap();
}

__attribute__((visibility("hidden"))) _Noreturn void pt_fiber_entry_returned(void) {
  fail("pagetorture: a fiber's entry returned; it must switch away for the last time\n");
}

static size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

static size_t guard_bytes(void) {
  return round_up(guard_bytes_min, (size_t)sysconf(_SC_PAGESIZE));
}

struct pt_fiber *pt_fiber_create(size_t stack_bytes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t guard = guard_bytes();
  if (stack_bytes == 0 || stack_bytes > SIZE_MAX / 2) {
    errno = EINVAL;
    return NULL;
  }
  struct pt_fiber *fiber = calloc(1, sizeof *fiber);
  if (!fiber) return NULL;
  fiber->stack_bytes = round_up(stack_bytes, page);
  fiber->owns_stack = 1;
  size_t total = guard + fiber->stack_bytes;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE;
  char *mapping = mmap(NULL, total, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (mapping == MAP_FAILED) {
    free(fiber);
    return NULL;
  }
  if (mprotect(mapping, guard, PROT_NONE) != 0) {
    int error = errno;
    (void)munmap(mapping, total);
    free(fiber);
    errno = error;
    return NULL;
  }
  fiber->stack_low = mapping + guard;
  return fiber;
}

struct pt_fiber *pt_fiber_adopt_thread(void) {
  struct pt_fiber *fiber = calloc(1, sizeof *fiber);
  if (!fiber) return NULL;
  pthread_attr_t attributes;
  int error = pthread_getattr_np(pthread_self(), &attributes);
  if (error == 0) {
    error = pthread_attr_getstack(&attributes, &fiber->stack_low, &fiber->stack_bytes);
    (void)pthread_attr_destroy(&attributes);
  }
  if (error != 0) {
    free(fiber);
    errno = error;
    return NULL;
  }
  fiber->state = pt_fiber_running;
  fiber->tsan = pt_tsan_current();
  return fiber;
}

PT_UNSANITIZED void pt_fiber_destroy(struct pt_fiber *fiber) {
  if (fiber->owns_stack) {
    if (fiber->state != pt_fiber_empty) pt_fiber_reset(fiber);
    size_t guard = guard_bytes();
    (void)munmap((char *)fiber->stack_low - guard, guard + fiber->stack_bytes);
  } else if (fiber->state != pt_fiber_running) {
    fail("pagetorture: destroyed an adopted thread while a fiber runs in its place\n");
  }
  free(fiber);
}

// The first frame of every fiber: completes the switch for AddressSanitizer.
PT_UNSANITIZED static void fiber_main(void *argument) {
  struct pt_fiber *fiber = argument;
  pt_asan_entered(NULL);
  fiber->entry(fiber->argument);
}

PT_UNSANITIZED void pt_fiber_start(
    struct pt_fiber *fiber, pt_fiber_entry entry, void *argument) {
  if (fiber->state != pt_fiber_empty) {
    fail("pagetorture: started a fiber that is not empty\n");
  }
  fiber->entry = entry;
  fiber->argument = argument;
  fiber->tsan = pt_tsan_create();
  fiber->sp = pt_fiber_prepare(
      (char *)fiber->stack_low + fiber->stack_bytes, fiber_main, fiber);
  fiber->state = pt_fiber_ready;
}

PT_UNSANITIZED void pt_fiber_reset(struct pt_fiber *fiber) {
  if (fiber->state != pt_fiber_ready && fiber->state != pt_fiber_suspended) {
    fail("pagetorture: reset a fiber that is empty or running\n");
  }
  if (!fiber->owns_stack) {
    fail("pagetorture: reset an adopted thread\n");
  }
  pt_tsan_join_and_destroy(fiber->tsan);
  pt_asan_discard(fiber->asan_fake, fiber->stack_low, fiber->stack_bytes);
  fiber->tsan = NULL;
  fiber->asan_fake = NULL;
  fiber->sp = NULL;
  fiber->call = NULL;
  fiber->state = pt_fiber_empty;
}

static inline int is_on_stack(const struct pt_fiber *fiber, const void *address) {
  return (uintptr_t)address - (uintptr_t)fiber->stack_low < fiber->stack_bytes;
}

PT_UNSANITIZED void pt_fiber_switch(
    struct pt_fiber *from, struct pt_fiber *to, enum pt_fiber_order order) {
  if (from->state != pt_fiber_running || !is_on_stack(from, __builtin_frame_address(0))) {
    fail("pagetorture: switched from a fiber that is not running here\n");
  }
  if (to->state < pt_fiber_ready) {
    fail("pagetorture: switched to a fiber that is empty or running\n");
  }
  pt_tsan_leaving_for(to->tsan, to->state == pt_fiber_ready ? pt_fiber_synchronizing : order);
  pt_asan_leaving_for(&from->asan_fake, to->stack_low, to->stack_bytes);
  from->state = pt_fiber_suspended;
  to->state = pt_fiber_running;
  pt_switch(&from->sp, &to->sp);
  pt_asan_entered(from->asan_fake);
}

#if PT_TSAN || PT_ASAN
// All that the fibers of a thread did happens before what the thread does next.
PT_UNSANITIZED void pt_fiber_leap(struct pt_fiber *from, struct pt_fiber *to) {
  pt_fiber_switch(from, to, to->owns_stack ? pt_fiber_unordered : pt_fiber_synchronizing);
  pt_fiber_call call = from->call;
  from->call = NULL;
  if (call) call(from->call_argument);
}

PT_UNSANITIZED void pt_fiber_leap_calling(
    struct pt_fiber *from, struct pt_fiber *to, pt_fiber_call call, void *argument) {
  to->call = call;
  to->call_argument = argument;
  pt_fiber_leap(from, to);
}
#else
// Without a sanitizer they are the switches themselves (switch.S), whose arguments are these.
_Static_assert(offsetof(struct pt_fiber, sp) == 0, "a fiber begins with its stack pointer");
#endif

int pt_sanitizer(void) { return PT_TSAN ? 1 : PT_ASAN ? 2 : 0; }
