/*
 * The way from the PVH entry (32-bit, no paging) and from a SIPI (16-bit) to C at CPL 3 in 64-bit mode.
 *
 * As little as possible runs at CPL 0: there are hosts whose KVM emulates all of it. So the first page tables and
 * the fixed descriptors are data of the image, and C at CPL 3 maps the rest of RAM.
 */
#include "layout.h"

    .section .note.pvh, "a", @note
    .balign 4
    .long 4                     /* name size */
    .long 4                     /* descriptor size */
    .long 18                    /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long pvh_entry

    .text
    .code32
    .globl pvh_entry
pvh_entry:                      /* ebx: physical address of hvm_start_info */
    cli
    cld
    lgdt gdt_pointer
    mov %ebx, %edi
enter_long_mode:                /* edi: hvm_start_info on the boot vCPU, 0 on the others */
    mov $0x20, %eax             /* PAE */
    mov %eax, %cr4
    mov $pml4, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx       /* EFER */
    rdmsr
    or $0x100, %eax             /* LME */
    wrmsr
    mov $0x80000031, %eax       /* PG, NE, ET, PE; caches on, which INIT left off */
    mov %eax, %cr0
    ljmp $KERNEL_CODE64, $in_long_mode

    .code64
in_long_mode:
    mov $KERNEL_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    test %edi, %edi
    jz other_vcpu
    mov $kernel_stacks + KERNEL_STACK_SIZE, %rsp
    call kernel_boot            /* (start_info) */
    xor %ebx, %ebx
    jmp enter_user_mode

other_vcpu:
    mov $1, %eax
    cpuid
    shr $24, %ebx               /* initial APIC id */
    jnz 1f
    mov boot_apic_id, %ebx      /* block 0 is the boot vCPU's, whatever its id */
1:  cmp $MAX_VCPUS, %ebx
    jae park
    mov %ebx, %ecx
    inc %ecx
    imul $KERNEL_STACK_SIZE, %ecx
    lea kernel_stacks(%ecx), %rsp
    mov %ebx, %edi
    call kernel_admit_vcpu      /* (index), 0 when it comes too late */
    test %eax, %eax
    jz park

enter_user_mode:                /* ebx: vCPU index */
    lidt idt_pointer
    mov %ebx, %eax
    shl $4, %eax
    add $TSS_SELECTOR, %eax
    ltr %ax
    mov $USER_DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %ebx, %ecx
    inc %ecx
    imul $USER_STACK_SIZE, %ecx
    lea user_stacks - 8(%ecx), %rax
    mov %ebx, %edi
    pushq $USER_DATA
    pushq %rax
    pushq $2                    /* rflags: interrupts off, IOPL 0 */
    pushq $USER_CODE64
    pushq $user_main            /* (index) */
    iretq

    .globl park
park:
    cli
    hlt
    jmp park

/* Copied to TRAMPOLINE, where a SIPI starts the other vCPUs in real mode with cs = TRAMPOLINE >> 4. */
    .code16
    .globl trampoline_start, trampoline_end
trampoline_start:
    cli
    cld
    xor %ax, %ax
    mov %ax, %ds
    lgdtl TRAMPOLINE + (trampoline_gdt - trampoline_start)
    mov $0x11, %eax             /* ET, PE */
    mov %eax, %cr0
    ljmpl $KERNEL_CODE32, $other_vcpu_32
    .balign 4
trampoline_gdt:
    .word gdt_end - gdt - 1
    .long gdt
trampoline_end:

    .code32
other_vcpu_32:
    mov $KERNEL_DATA, %eax
    mov %eax, %ds
    mov %eax, %ss
    xor %edi, %edi
    jmp enter_long_mode

/* Exceptions: {vector, error code, rip, cs, rflags, rsp, ss} for C, which does not come back. */
    .code64
    .macro exception vector, has_error
    .balign 16
    .if \has_error == 0
    pushq $0
    .endif
    pushq $\vector
    jmp exception_common
    .endm

    .balign 16
    .globl exception_entries
exception_entries:              /* 16 bytes each */
    .irp vector, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    .if \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30
    exception \vector, 1
    .else
    exception \vector, 0
    .endif
    .endr

    .balign 16
exception_common:
    mov %rsp, %rdi
    and $-16, %rsp
    call kernel_exception
    jmp park

/* The first 16 MiB, user and writable, by 2 MiB pages: enough for the image, its tables and everything fixed. */
    .section .data.tables, "aw"
    .balign 4096
    .globl pdpt
pml4:
    .quad pdpt + 7
    .fill 511, 8, 0
pdpt:
    .quad pd0 + 7
    .fill 511, 8, 0
    .globl pd0
pd0:
    .set page, 0
    .rept 8
    .quad page + 0x87           /* present, writable, user, 2 MiB */
    .set page, page + 0x200000
    .endr
    .fill 504, 8, 0

    .balign 16
    .globl gdt
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* KERNEL_CODE32 */
    .quad 0x00cf93000000ffff    /* KERNEL_DATA */
    .quad 0x00af9b000000ffff    /* KERNEL_CODE64 */
    .quad 0x00cff3000000ffff    /* USER_DATA */
    .quad 0x00affb000000ffff    /* USER_CODE64 */
    .fill MAX_VCPUS * 2, 8, 0   /* task state segments, by kernel.c */
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .quad gdt
    .balign 8
    .globl idt_pointer
idt_pointer:
    .word 32 * 16 - 1
    .quad idt

    .bss
    .balign 4096
    .globl kernel_stacks
kernel_stacks:
    .skip MAX_VCPUS * KERNEL_STACK_SIZE
    .globl user_stacks
user_stacks:
    .skip MAX_VCPUS * USER_STACK_SIZE
    .section .note.GNU-stack, "", @progbits
