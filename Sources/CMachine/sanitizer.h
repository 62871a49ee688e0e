// What ThreadSanitizer and AddressSanitizer must be told about a switch of stacks. The compiler
// says at compile time which of them is on, so a plain build has nothing left of this file.
#ifndef PT_SANITIZER_H
#define PT_SANITIZER_H

#include <stddef.h>

#include "pt_fiber.h"

#if __has_feature(thread_sanitizer)
#define PT_TSAN 1
#else
#define PT_TSAN 0
#endif

#if __has_feature(address_sanitizer)
#define PT_ASAN 1
#else
#define PT_ASAN 0
#endif

#if PT_TSAN || PT_ASAN
#define PT_UNSANITIZED __attribute__((disable_sanitizer_instrumentation))
#define PT_UNSANITIZED_INLINE static inline __attribute__((always_inline)) PT_UNSANITIZED
#else
#define PT_UNSANITIZED
#define PT_UNSANITIZED_INLINE static inline
#endif

#if PT_TSAN
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif

#if PT_ASAN
void __sanitizer_start_switch_fiber(void **fake_save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake_save, const void **bottom_old, size_t *size_old);
void __asan_unpoison_memory_region(const volatile void *address, size_t size);
#endif

// ThreadSanitizer's record of the calling thread.
PT_UNSANITIZED_INLINE void *pt_tsan_current(void) {
#if PT_TSAN
  return __tsan_get_current_fiber();
#else
  return NULL;
#endif
}

PT_UNSANITIZED_INLINE void *pt_tsan_create(void) {
#if PT_TSAN
  return __tsan_create_fiber(0);
#else
  return NULL;
#endif
}

// Visiting the fiber with two synchronizing switches makes all it did happen before what follows.
// Without that, the next user of its stack would be seen to race with it.
PT_UNSANITIZED_INLINE void pt_tsan_join_and_destroy(void *fiber) {
#if PT_TSAN
  void *own = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(fiber, pt_fiber_synchronizing);
  __tsan_switch_to_fiber(own, pt_fiber_synchronizing);
  __tsan_destroy_fiber(fiber);
#else
  (void)fiber;
#endif
}

// To be called right before the switch of stacks. The values of `order` are the runtime's own.
PT_UNSANITIZED_INLINE void pt_tsan_leaving_for(void *fiber, enum pt_fiber_order order) {
#if PT_TSAN
  __tsan_switch_to_fiber(fiber, (unsigned)order);
#else
  (void)fiber;
  (void)order;
#endif
}

// To be called right before the switch of stacks, with the stack that is switched to.
PT_UNSANITIZED_INLINE void pt_asan_leaving_for(void **fake_save, const void *low, size_t bytes) {
#if PT_ASAN
  __sanitizer_start_switch_fiber(fake_save, low, bytes);
#else
  (void)fake_save;
  (void)low;
  (void)bytes;
#endif
}

// To be called right after the switch of stacks, on the new stack: null on its first entry, then
// what the fiber saved when it left.
PT_UNSANITIZED_INLINE void pt_asan_entered(void *fake_save) {
#if PT_ASAN
  __sanitizer_finish_switch_fiber(fake_save, NULL, NULL);
#else
  (void)fake_save;
#endif
}

// Frees the fake stack of a fiber that will not be resumed and clears the marks that its frames
// left in its stack. Only the fiber in use can drop its fake stack, so this pretends to switch to
// the fiber and back without leaving the current stack.
PT_UNSANITIZED_INLINE void pt_asan_discard(void *fake, const void *low, size_t bytes) {
#if PT_ASAN
  void *own_fake = NULL;
  const void *own_low = NULL;
  size_t own_bytes = 0;
  __sanitizer_start_switch_fiber(&own_fake, low, bytes);
  __sanitizer_finish_switch_fiber(fake, &own_low, &own_bytes);
  __sanitizer_start_switch_fiber(NULL, own_low, own_bytes);
  __sanitizer_finish_switch_fiber(own_fake, NULL, NULL);
  __asan_unpoison_memory_region(low, bytes);
#else
  (void)fake;
  (void)low;
  (void)bytes;
#endif
}

#endif
