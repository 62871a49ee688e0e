// CMachine: the part of the machine that Swift cannot express: switching stacks, telling the
// sanitizers about it, a few single instructions, signals with the thread-local word that their
// handler reads, and leaving code that traps. Nothing here takes a lock; only creating and destroying
// a fiber, and a thread's first guard, allocate.
#ifndef PT_CMACHINE_H
#define PT_CMACHINE_H

#include "pt_attributes.h"
#include "pt_fiber.h"
#include "pt_guard.h"
#include "pt_instructions.h"
#include "pt_signal.h"
#include "pt_thread.h"

#endif
