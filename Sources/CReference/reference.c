// The reference allocator that the bench compares with. Nothing else uses it.
//
// Rule  The zone lock nests inside a thread's lock, never the other way round.
#include "CReference.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// Orders 0 to 3 and 9 are kept on the threads' lists; the last list is that of order 9.
enum { ORDERS = 11, LISTS = 5, LIST_ORDER_MAX = 3, HUGE_ORDER = 9, SPINS_MAX = 64 };

// As large as the kernel's, so that the caches see the same.
struct page {
  struct page *next, *previous;
  uint32_t order;
  uint32_t is_free;
  uint32_t references;
  uint8_t padding[CREFERENCE_PAGE_BYTES - 2 * sizeof(void *) - 3 * sizeof(uint32_t)];
};
_Static_assert(sizeof(struct page) == CREFERENCE_PAGE_BYTES, "a page is as large as the kernel's");

struct thread_lists {
  _Alignas(64) atomic_uint lock;
  uint32_t count;
  struct page lists[LISTS];
};

struct creference {
  struct page *pages;
  struct thread_lists *threads;
  uint32_t frame_count, thread_count, batch, high;
  _Alignas(64) atomic_uint lock;
  uint32_t free_pages;
  struct page free[ORDERS];
};

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield" ::: "memory");
#else
#error "pagetorture knows x86-64 and aarch64"
#endif
}

static inline bool try_lock(atomic_uint *lock) {
  unsigned expected = 0;
  return atomic_compare_exchange_strong_explicit(
      lock, &expected, 1, memory_order_acquire, memory_order_relaxed);
}

static inline void unlock(atomic_uint *lock) {
  atomic_store_explicit(lock, 0, memory_order_release);
}

static void wait_until_free(atomic_uint *lock, unsigned *spins) {
  do {
    if (*spins > SPINS_MAX) {
      sched_yield();
    } else {
      for (unsigned i = 0; i < *spins; i++) relax();
      *spins *= 2;
    }
  } while (atomic_load_explicit(lock, memory_order_relaxed) != 0);
}

static inline void spin_lock(atomic_uint *lock) {
  unsigned spins = 1;
  while (atomic_exchange_explicit(lock, 1, memory_order_acquire) != 0) {
    wait_until_free(lock, &spins);
  }
}

static inline bool is_empty(const struct page *head) { return head->next == head; }

static inline void insert(struct page *page, struct page *previous, struct page *next) {
  page->next = next;
  page->previous = previous;
  previous->next = page;
  next->previous = page;
}

static inline void delete(struct page *page) {
  page->previous->next = page->next;
  page->next->previous = page->previous;
}

static inline uint32_t number(const struct creference *a, const struct page *page) {
  return (uint32_t)(page - a->pages);
}

static inline bool is_listed(uint32_t order) {
  return order <= LIST_ORDER_MAX || order == HUGE_ORDER;
}

static inline uint32_t list_of(uint32_t order) { return order == HUGE_ORDER ? LISTS - 1 : order; }

static inline uint32_t order_of(uint32_t list) { return list == LISTS - 1 ? HUGE_ORDER : list; }

static inline void put_in_zone(struct creference *a, struct page *page, uint32_t order) {
  page->order = order;
  page->is_free = 1;
  insert(page, &a->free[order], a->free[order].next);
}

static struct page *take_from_zone(struct creference *a, uint32_t order) {
  for (uint32_t larger = order; larger < ORDERS; larger++) {
    if (is_empty(&a->free[larger])) continue;
    struct page *page = a->free[larger].next;
    delete(page);
    page->is_free = 0;
    while (larger > order) {
      larger--;
      put_in_zone(a, page + (1u << larger), larger);
    }
    a->free_pages -= 1u << order;
    return page;
  }
  return NULL;
}

static void merge_into_zone(struct creference *a, struct page *page, uint32_t order) {
  uint32_t frame = number(a, page);
  a->free_pages += 1u << order;
  while (order < ORDERS - 1) {
    // The frames are whole blocks of the largest order, so a buddy is always one of them.
    struct page *buddy = a->pages + (frame ^ (1u << order));
    if (!buddy->is_free || buddy->order != order) break;
    delete(buddy);
    buddy->is_free = 0;
    frame &= ~(1u << order);
    order++;
  }
  put_in_zone(a, a->pages + frame, order);
}

// Holds the thread's lock.
static void refill(struct creference *a, struct thread_lists *own, uint32_t order) {
  struct page *head = &own->lists[list_of(order)];
  uint32_t blocks = a->batch >> order;
  if (blocks < 2) blocks = a->batch > 1 ? 2 : 1;
  spin_lock(&a->lock);
  for (; blocks > 0; blocks--) {
    struct page *page = take_from_zone(a, order);
    if (!page) break;
    insert(page, head->previous, head);
    own->count += 1u << order;
  }
  unlock(&a->lock);
}

// Holds the thread's lock.
static inline struct page *take(struct creference *a, struct thread_lists *own, uint32_t order) {
  struct page *head = &own->lists[list_of(order)];
  if (is_empty(head)) {
    refill(a, own, order);
    if (is_empty(head)) return NULL;
  }
  struct page *page = head->next;
  delete(page);
  own->count -= 1u << order;
  page->references = 1;
  return page;
}

// Holds the thread's lock. Moves pages from the tails: `list` first, then those after it.
static void shorten(
    struct creference *a, struct thread_lists *own, uint32_t pages, uint32_t list) {
  spin_lock(&a->lock);
  while (pages > 0 && own->count > 0) {
    if (is_empty(&own->lists[list])) {
      list = (list + 1) % LISTS;
      continue;
    }
    struct page *page = own->lists[list].previous;
    uint32_t moved = 1u << order_of(list);
    delete(page);
    own->count -= moved;
    pages -= moved < pages ? moved : pages;
    merge_into_zone(a, page, order_of(list));
  }
  unlock(&a->lock);
}

// Holds the thread's lock.
static inline void give(
    struct creference *a, struct thread_lists *own, struct page *page, uint32_t order) {
  struct page *head = &own->lists[list_of(order)];
  page->references = 0;
  insert(page, head, head->next);
  own->count += 1u << order;
  if (own->count >= a->high) shorten(a, own, a->batch, list_of(order));
}

struct creference *creference_create(
    uint32_t frames, uint32_t threads, uint32_t batch, uint32_t high) {
  size_t page_bytes = (size_t)frames * sizeof(struct page);
  size_t thread_bytes = (size_t)threads * sizeof(struct thread_lists);
  struct creference *a = aligned_alloc(64, sizeof *a);
  struct page *pages = aligned_alloc(64, page_bytes);
  struct thread_lists *lists = aligned_alloc(64, thread_bytes);
  if (!a || !pages || !lists) {
    free(a);
    free(pages);
    free(lists);
    return NULL;
  }
  memset(a, 0, sizeof *a);
  memset(pages, 0, page_bytes);
  memset(lists, 0, thread_bytes);
  a->pages = pages;
  a->threads = lists;
  a->frame_count = frames;
  a->thread_count = threads;
  a->batch = batch;
  a->high = high;
  for (uint32_t order = 0; order < ORDERS; order++) {
    a->free[order].next = a->free[order].previous = &a->free[order];
  }
  for (uint32_t thread = 0; thread < threads; thread++) {
    for (uint32_t list = 0; list < LISTS; list++) {
      struct page *head = &lists[thread].lists[list];
      head->next = head->previous = head;
    }
  }
  for (uint32_t frame = 0; frame < frames; frame += 1u << (ORDERS - 1)) {
    merge_into_zone(a, pages + frame, ORDERS - 1);
  }
  return a;
}

void creference_destroy(struct creference *a) {
  free(a->pages);
  free(a->threads);
  free(a);
}

uint32_t creference_allocate(struct creference *a, uint32_t thread, uint32_t order) {
  struct thread_lists *own = &a->threads[thread];
  struct page *page;
  if (is_listed(order) && try_lock(&own->lock)) {
    page = take(a, own, order);
    unlock(&own->lock);
  } else {
    spin_lock(&a->lock);
    page = take_from_zone(a, order);
    if (page) page->references = 1;
    unlock(&a->lock);
  }
  return page ? number(a, page) : CREFERENCE_NONE;
}

void creference_free(struct creference *a, uint32_t thread, uint32_t frame, uint32_t order) {
  struct thread_lists *own = &a->threads[thread];
  struct page *page = a->pages + frame;
  if (is_listed(order) && try_lock(&own->lock)) {
    give(a, own, page, order);
    unlock(&own->lock);
  } else {
    page->references = 0;
    spin_lock(&a->lock);
    merge_into_zone(a, page, order);
    unlock(&a->lock);
  }
}

uint32_t creference_allocate_bulk(
    struct creference *a, uint32_t thread, uint32_t *slots, uint32_t count) {
  struct thread_lists *own = &a->threads[thread];
  uint32_t filled = 0;
  if (!try_lock(&own->lock)) return 0;
  for (; filled < count; filled++) {
    if (slots[filled] != 0) continue;
    struct page *page = take(a, own, 0);
    if (!page) break;
    slots[filled] = number(a, page) + 1;
  }
  unlock(&own->lock);
  return filled;
}

void creference_free_bulk(
    struct creference *a, uint32_t thread, const uint32_t *slots, uint32_t count) {
  struct thread_lists *own = &a->threads[thread];
  if (!try_lock(&own->lock)) {
    for (uint32_t i = 0; i < count; i++) {
      if (slots[i] != 0) creference_free(a, thread, slots[i] - 1, 0);
    }
    return;
  }
  for (uint32_t i = 0; i < count; i++) {
    if (slots[i] != 0) give(a, own, a->pages + (slots[i] - 1), 0);
  }
  unlock(&own->lock);
}

uint32_t creference_drain(struct creference *a) {
  for (uint32_t thread = 0; thread < a->thread_count; thread++) {
    shorten(a, &a->threads[thread], UINT32_MAX, 0);
  }
  return a->free_pages;
}
