// The promise that a C function makes to the Swift compiler. Swift code marked @_noLocks and
// @_noAllocation may call a C function only when its declaration carries the same two marks; the
// compiler does not check the C side, so only put PT_HOT on a function that keeps the promise.
#ifndef PT_ATTRIBUTES_H
#define PT_ATTRIBUTES_H

#define PT_HOT \
  __attribute__((swift_attr("@_noLocks"), swift_attr("@_noAllocation")))

#endif
