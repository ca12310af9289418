/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program's system call by ud2, numbered and passed as by syscall. Where a nested KVM runs programs natively and the
 * kernel by emulation, exceptions reach the kernel, and syscall and int do not.
 */
#ifndef GODWIT_UD2_H
#define GODWIT_UD2_H

#include <linux/uaccess.h>
#include <asm/syscall.h>

#define UD2_BYTES 2

/* Whether a program's invalid instruction was one; the program then goes on behind it with the result. Interrupts are off. */
static bool godwit_system_call(struct pt_regs *regs)
{
	u8 op[UD2_BYTES];
	bool is_ud2;

	if (!user_mode(regs))
		return false;
	local_irq_enable();
	is_ud2 = !copy_from_user(op, (void __user *)regs->ip, UD2_BYTES) && op[0] == 0x0f && op[1] == 0x0b;
	if (is_ud2) {
		regs->ip += UD2_BYTES;
		regs->ax = regs->ax < NR_syscalls ? x64_sys_call(regs, regs->ax) : -ENOSYS;
	}
	local_irq_disable();
	return is_ud2;
}

#endif
