// The switch between two stacks, for the System V ABI of x86-64 and for AAPCS64.
//
// A suspended stack holds, from its saved stack pointer up, the registers that a call preserves
// and the address to continue at. pt_switch reaches it by a return, though the return predictor
// expects the caller on the stack we just left: right where both stacks stopped at the same place,
// wrong elsewhere, but each switch, a call, then takes back what it gave the predictor. By a jump,
// which a processor predicts by what it did before, one switch may cost less, but every one leaves
// an entry too many, and all returns of the thread that started the stacks are wrong in the end.
// The floating-point control words are not saved: no fiber changes them.

// Other names of the two, for fibers: where a sanitizer must be told, fiber.c has its own.
        .weak   pt_fiber_leap
        .set    pt_fiber_leap, pt_switch
        .weak   pt_fiber_leap_calling
        .set    pt_fiber_leap_calling, pt_switch_calling

#if defined(__x86_64__)

        .text

// Up to the continuation, which is the word at the stack pointer then.
        .macro  swap_stacks
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r15, 0
        movq    %rsp, (%rdi)
        movq    (%rsi), %rsp
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbp
        .endm

// void pt_switch(void **save_sp [rdi], void **resume_sp [rsi])
        .globl  pt_switch
        .hidden pt_switch
        .type   pt_switch, @function
        .p2align 4
pt_switch:
        .cfi_startproc
        swap_stacks
        retq
        .cfi_endproc
        .size   pt_switch, . - pt_switch

// void pt_switch_calling(
//     void **save_sp [rdi], void **resume_sp [rsi], call [rdx], void *argument [rcx])
//
// The call returns to where the resumed stack stopped.
        .globl  pt_switch_calling
        .hidden pt_switch_calling
        .type   pt_switch_calling, @function
        .p2align 4
pt_switch_calling:
        .cfi_startproc
        swap_stacks
        movq    %rcx, %rdi
        jmpq    *%rdx
        .cfi_endproc
        .size   pt_switch_calling, . - pt_switch_calling

// void *pt_fiber_prepare(void *stack_top [rdi], entry [rsi], void *argument [rdx])
//
// Seven words for pt_switch to pop, then two zero words. After the pops rsp is a multiple of 16
// and points at a zero, which is where a backtrace looks for a return address.
        .globl  pt_fiber_prepare
        .hidden pt_fiber_prepare
        .type   pt_fiber_prepare, @function
        .p2align 4
pt_fiber_prepare:
        .cfi_startproc
        andq    $-16, %rdi
        leaq    -72(%rdi), %rax
        xorl    %ecx, %ecx
        leaq    pt_fiber_begin(%rip), %r8
        movq    %rcx, (%rax)            // r15
        movq    %rcx, 8(%rax)           // r14
        movq    %rdx, 16(%rax)          // r13: argument
        movq    %rsi, 24(%rax)          // r12: entry
        movq    %rcx, 32(%rax)          // rbx
        movq    %rcx, 40(%rax)          // rbp: the last frame
        movq    %r8, 48(%rax)           // continuation
        movq    %rcx, 56(%rax)
        movq    %rcx, 64(%rax)
        retq
        .cfi_endproc
        .size   pt_fiber_prepare, . - pt_fiber_prepare

        .type   pt_fiber_begin, @function
        .p2align 4
pt_fiber_begin:
        .cfi_startproc
        .cfi_undefined %rip
        movq    %r13, %rdi
        callq   *%r12
        callq   pt_fiber_entry_returned
        ud2
        .cfi_endproc
        .size   pt_fiber_begin, . - pt_fiber_begin

#elif defined(__aarch64__)

        .text

// Up to the continuation, which is in x30 then.
        .macro  swap_stacks
        sub     sp, sp, #160
        .cfi_adjust_cfa_offset 160
        stp     x19, x20, [sp]
        .cfi_rel_offset x19, 0
        .cfi_rel_offset x20, 8
        stp     x21, x22, [sp, #16]
        .cfi_rel_offset x21, 16
        .cfi_rel_offset x22, 24
        stp     x23, x24, [sp, #32]
        .cfi_rel_offset x23, 32
        .cfi_rel_offset x24, 40
        stp     x25, x26, [sp, #48]
        .cfi_rel_offset x25, 48
        .cfi_rel_offset x26, 56
        stp     x27, x28, [sp, #64]
        .cfi_rel_offset x27, 64
        .cfi_rel_offset x28, 72
        stp     x29, x30, [sp, #80]
        .cfi_rel_offset x29, 80
        .cfi_rel_offset x30, 88
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mov     x9, sp
        str     x9, [x0]
        ldr     x9, [x1]
        mov     sp, x9
        ldp     x19, x20, [sp]
        ldp     x21, x22, [sp, #16]
        ldp     x23, x24, [sp, #32]
        ldp     x25, x26, [sp, #48]
        ldp     x27, x28, [sp, #64]
        ldp     x29, x30, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        add     sp, sp, #160
        .cfi_adjust_cfa_offset -160
        .cfi_restore x19
        .cfi_restore x20
        .cfi_restore x21
        .cfi_restore x22
        .cfi_restore x23
        .cfi_restore x24
        .cfi_restore x25
        .cfi_restore x26
        .cfi_restore x27
        .cfi_restore x28
        .cfi_restore x29
        .cfi_restore x30
        .endm

// void pt_switch(void **save_sp [x0], void **resume_sp [x1])
        .globl  pt_switch
        .hidden pt_switch
        .type   pt_switch, %function
        .p2align 4
pt_switch:
        .cfi_startproc
        swap_stacks
        ret
        .cfi_endproc
        .size   pt_switch, . - pt_switch

// void pt_switch_calling(
//     void **save_sp [x0], void **resume_sp [x1], call [x2], void *argument [x3])
//
// The call returns to where the resumed stack stopped.
        .globl  pt_switch_calling
        .hidden pt_switch_calling
        .type   pt_switch_calling, %function
        .p2align 4
pt_switch_calling:
        .cfi_startproc
        swap_stacks
        mov     x0, x3
        mov     x16, x2
        br      x16
        .cfi_endproc
        .size   pt_switch_calling, . - pt_switch_calling

// void *pt_fiber_prepare(void *stack_top [x0], entry [x1], void *argument [x2])
//
// The 160 bytes that pt_switch loads, then a frame record of zeros, where a backtrace ends.
        .globl  pt_fiber_prepare
        .hidden pt_fiber_prepare
        .type   pt_fiber_prepare, %function
        .p2align 4
pt_fiber_prepare:
        .cfi_startproc
        and     x0, x0, #-16
        sub     x0, x0, #176
        adrp    x9, pt_fiber_begin
        add     x9, x9, :lo12:pt_fiber_begin
        stp     x1, x2, [x0]            // x19: entry, x20: argument
        stp     xzr, xzr, [x0, #16]
        stp     xzr, xzr, [x0, #32]
        stp     xzr, xzr, [x0, #48]
        stp     xzr, xzr, [x0, #64]
        stp     xzr, x9, [x0, #80]      // x29: the last frame, x30: continuation
        stp     xzr, xzr, [x0, #96]
        stp     xzr, xzr, [x0, #112]
        stp     xzr, xzr, [x0, #128]
        stp     xzr, xzr, [x0, #144]
        stp     xzr, xzr, [x0, #160]
        ret
        .cfi_endproc
        .size   pt_fiber_prepare, . - pt_fiber_prepare

        .type   pt_fiber_begin, %function
        .p2align 4
pt_fiber_begin:
        .cfi_startproc
        .cfi_undefined x30
        mov     x0, x20
        blr     x19
        bl      pt_fiber_entry_returned
        brk     #1
        .cfi_endproc
        .size   pt_fiber_begin, . - pt_fiber_begin

#else
#error "pagetorture knows x86-64 and aarch64"
#endif

        .section .note.GNU-stack, "", %progbits
