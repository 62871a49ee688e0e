// CReference: the allocator's design in plain C, for comparison only. A zone of free lists under a
// spinlock, and page lists for each thread under a lock that is tried, never waited for. It checks
// nothing, counts nothing and knows neither gfp nor watermarks nor migratetypes.
#ifndef CREFERENCE_H
#define CREFERENCE_H

#include <stdint.h>

struct creference;

/// What an allocation returns when there is no block to be had.
#define CREFERENCE_NONE UINT32_MAX

/// Bytes of a page struct.
#define CREFERENCE_PAGE_BYTES 64

/// An allocator of `frames` frames, a multiple of 1024, all free. Threads have the numbers below
/// `threads`; each number is used by one thread at a time. `batch` pages (1 or more) move between a
/// thread's lists and the zone at once; the lists are shortened when they hold `high` pages. Null
/// when there is no memory.
struct creference *_Nullable creference_create(
    uint32_t frames, uint32_t threads, uint32_t batch, uint32_t high);
void creference_destroy(struct creference *_Nonnull allocator);

/// The first frame of a block of 2^order frames, order 0 to 10, or CREFERENCE_NONE.
uint32_t creference_allocate(
    struct creference *_Nonnull allocator, uint32_t thread, uint32_t order);
void creference_free(
    struct creference *_Nonnull allocator, uint32_t thread, uint32_t frame, uint32_t order);

/// Fills the empty ones of `count` slots with single pages for one hold of the thread's lock. A slot
/// holds a frame's number plus 1, 0 if it is empty. Returns the length of the filled prefix.
uint32_t creference_allocate_bulk(
    struct creference *_Nonnull allocator, uint32_t thread, uint32_t *_Nonnull slots,
    uint32_t count);

/// Frees the single pages of `count` slots for one hold of the thread's lock. Slots stay as they
/// are; empty ones are passed over.
void creference_free_bulk(
    struct creference *_Nonnull allocator, uint32_t thread, const uint32_t *_Nonnull slots,
    uint32_t count);

/// Empties the lists of all threads; the pages that are free then. No other call may be under way.
uint32_t creference_drain(struct creference *_Nonnull allocator);

/// The real CPU that the calling thread is on, which may have changed by the return; -1 if the
/// system does not tell.
int32_t creference_real_cpu(void);

#endif
