"""Which functions are the kernel's, told by their names: for profilers that print kernel and user stacks alike.

A name proves nothing, so this decides on colours and on which of two stacks stands on the other, never on what counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .options import option

__all__ = ["KernelOptions", "enters_kernel", "kernel_part", "likely_kernel"]

#: Where the kernel begins: system calls, faults, interrupts, new threads and processors, on x86, Arm and Power.
_ENTRY = re.compile(
    r"entry_(?:SYSCALL|SYSENTER|INT80)\w*|system_call\w*|sysret_\w+|int_ret_from_sys_call|return_from_execve"
    r"|stub_(?:clone|execve|fork|vfork|rt_sigreturn)|ret_from_(?:fork|exception|intr)\w*|ret_fast_syscall|ret_to_user"
    r"|retint_\w+|asm_(?:exc|sysvec|common|call)_\w+|(?:async_)?page_fault|xen_(?:do_hypervisor|hvm)_callback\w*"
    r"|(?:apic_timer|common|call_function|call_function_single|reschedule|irq_work)_interrupt"
    r"|secondary_startup\w*|start_secondary|common_startup_64|x86_64_start_\w+|start_kernel|cpu_bringup_and_idle"
    r"|el[01][th]?_\w+|vector_swi|__(?:primary|secondary)_switched|handle_exception"
)

#: Common ones further inside, for stacks that are cut before the entry.
_INSIDE = re.compile(
    r"__schedule|schedule|schedule_timeout|io_schedule|do_syscall_64|__(?:x64|ia32|arm64|se|do)_sys_\w+|ksys_\w+"
    r"|[sS]y[sS]_[a-z]\w*|vfs_\w+|__vfs_\w+|kthread|worker_thread|smpboot_thread_fn|do_idle|exc_page_fault"
    r"|(?:__)?handle_mm_fault|finish_task_switch\S*|irqentry_\w+|submit_bio\w*|tcp_(?:sendmsg|recvmsg|v4_rcv)"
)


@dataclass(frozen=True)
class KernelOptions:
    """What formats that print the names of functions, with offsets, may be asked."""

    kernel: bool = option(False, "mark kernel functions with _[k]")
    offsets: bool = option(False, "show the offsets into functions")


@lru_cache(1 << 16)
def enters_kernel(name: str) -> bool:
    """Whether a function is one that the kernel is entered by: it is the outermost of its kernel stack."""
    return _ENTRY.fullmatch(name) is not None


def likely_kernel(name: str) -> bool:
    """Whether a function is called like one of the kernel's."""
    return enters_kernel(name) or _INSIDE.fullmatch(name) is not None


def kernel_part(names: Sequence[str]) -> int:
    """How many frames of a stack, leaf first, are the kernel's, as far as the entry into it is among them."""
    return next((i + 1 for i in range(len(names) - 1, -1, -1) if enters_kernel(names[i])), 0)
