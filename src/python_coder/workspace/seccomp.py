# src/python_coder/workspace/seccomp.py — which system calls a sandboxed process may not make
import functools
import platform
import struct
import sys
from dataclasses import dataclass

from python_coder.errors import EnvironmentLacksError

# Actions and errors, from linux/seccomp.h and asm-generic/errno.h.
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _EACCES, _ENOSYS = 1, 13, 38

# Classic BPF operations, from linux/filter.h.
_LOAD, _AND, _EQUAL, _AT_LEAST, _JUMP, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x05, 0x06

_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENTS = 0, 4, 16
_X32_BIT = 0x40000000
_ANY_BIT = 0xFFFFFFFF

_AUDIT_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Numbers on x86-64 and in the generic table (aarch64), from asm/unistd_64.h and asm-generic/unistd.h.
_NUMBERS: dict[str, tuple[int, int | None]] = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chmod": (90, None),
    "chroot": (161, 51),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "keyctl": (250, 219),
    "listen": (50, 201),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "prlimit64": (302, 261),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "semget": (64, 190),
    "sendmmsg": (307, 269),
    "sendmsg": (46, 211),
    "sendto": (44, 206),
    "setns": (308, 268),
    "setpriority": (141, 140),
    "shmat": (30, 196),
    "shmget": (29, 194),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}


@dataclass(frozen=True)
class Match:
    """A test of one argument: its low 32 bits, after the mask, are one of `values`, or none of them."""

    argument: int
    mask: int
    values: tuple[int, ...]
    is_excluded: bool = False


@dataclass(frozen=True)
class Rule:
    """A system call that is refused, unless all tests of one of the exceptions hold."""

    name: str
    errno: int = _EPERM
    exceptions: tuple[tuple[Match, ...], ...] = ()


# All namespaces but time, whose bit in `clone` is part of the exit signal.
_NEW_NAMESPACE_BITS = 0x7E020000
_SET_USER_ID = 0o4000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_MSG_FASTOPEN = 0x20000000
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_STREAM, _SEQPACKET, _TYPE_BITS = 1, 5, 0xF
_TCP, _NETLINK_ROUTE = 6, 0

_REFUSED_EVERYWHERE = (
    *map(
        Rule,
        (
            *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"),
            *("mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "mount_setattr"),
            *("fsopen", "fsconfig", "fsmount", "fspick", "unshare", "setns"),
            *("keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd", "syslog"),
        ),
    ),
    Rule("clone", exceptions=((Match(0, _NEW_NAMESPACE_BITS, (0,)),),)),
    # Their arguments lie in memory, out of a filter's sight; callers fall back to clone, epoll and the rest.
    *(Rule(name, _ENOSYS) for name in ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register")),
    Rule("ioctl", exceptions=((Match(1, _ANY_BIT, (_TIOCSTI, _TIOCLINUX), is_excluded=True),),)),
    # Landlock does not hold permission bits; this one would lend root's rights to everybody.
    *(Rule(name, exceptions=((Match(1, _SET_USER_ID, (0,)),),)) for name in ("chmod", "fchmod")),
    *(Rule(name, exceptions=((Match(2, _SET_USER_ID, (0,)),),)) for name in ("fchmodat", "fchmodat2")),
)

_ITSELF = (0,)
"""How a call names the process that makes it."""

# What Landlock leaves open: Unix sockets by path, the older ways between processes, other processes' limits.
_REFUSED_WITHOUT_NAMESPACES = (
    # A datagram socket of a pair can be connected anew, a stream socket cannot.
    Rule("socketpair", _EACCES, ((Match(1, _TYPE_BITS, (_STREAM, _SEQPACKET)),),)),
    *(Rule(name, _EACCES) for name in ("shmget", "shmat", "semget", "msgget", "mq_open")),
    *(
        Rule(name, exceptions=((Match(0, _ANY_BIT, _ITSELF),),))
        for name in ("prlimit64", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler")
    ),
    *(Rule(name, exceptions=((Match(1, _ANY_BIT, _ITSELF),),)) for name in ("setpriority", "ioprio_set")),
)
_NO_UNIX = Rule("socket", _EACCES, ((Match(0, _ANY_BIT, (_UNIX,), is_excluded=True),),))

# Landlock knows TCP only: no datagrams, no other protocol under a stream's name, no connecting by sending.
_REFUSED_WITHOUT_NETWORK = (
    Rule(
        "socket",
        _EACCES,
        (
            (Match(0, _ANY_BIT, (_INET, _INET6)), Match(1, _TYPE_BITS, (_STREAM,)), Match(2, _ANY_BIT, (0, _TCP))),
            (Match(0, _ANY_BIT, (_NETLINK,)), Match(2, _ANY_BIT, (_NETLINK_ROUTE,))),
        ),
    ),
    Rule("listen", _EACCES),
    Rule("sendto", _EACCES, ((Match(3, _MSG_FASTOPEN, (0,)),),)),
    Rule("sendmsg", _EACCES, ((Match(2, _MSG_FASTOPEN, (0,)),),)),
    Rule("sendmmsg", _EACCES, ((Match(3, _MSG_FASTOPEN, (0,)),),)),
)


def has_filter() -> bool:
    """Whether this processor's numbers are known. Elsewhere there is no filter, and nothing that rests on one."""
    return platform.machine() in _AUDIT_ARCHITECTURE and sys.byteorder == "little" and sys.maxsize > 1 << 32


@functools.cache
def namespaced_filter() -> bytes:
    """The program for a process with namespaces of its own: what could undo them, and the kernel's riskier doors."""
    return _program(_REFUSED_EVERYWHERE)


@functools.cache
def bare_filter(*, has_network: bool) -> bytes:
    """The program for a process that shares the host's namespaces and is held by Landlock."""
    network = (_NO_UNIX,) if has_network else _REFUSED_WITHOUT_NETWORK
    return _program(_REFUSED_EVERYWHERE + _REFUSED_WITHOUT_NAMESPACES + network)


def _program(rules: tuple[Rule, ...]) -> bytes:
    machine = platform.machine()
    if machine not in _AUDIT_ARCHITECTURE:
        raise EnvironmentLacksError(f"No system call filter for {machine} processors. Install bubblewrap.")
    column = list(_AUDIT_ARCHITECTURE).index(machine)
    code = [
        _instruction(_LOAD, _OFFSET_ARCHITECTURE),
        _instruction(_EQUAL, _AUDIT_ARCHITECTURE[machine], if_true=1),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _OFFSET_NUMBER),
        _instruction(_AT_LEAST, _X32_BIT, if_false=1),
        _instruction(_RETURN, _ERRNO | _ENOSYS),
    ]
    for rule in rules:
        number = _NUMBERS[rule.name][column]
        if number is None:
            continue
        block = [part for tests in rule.exceptions for part in _exception(tests)]
        block.append(_instruction(_RETURN, _ERRNO | rule.errno))
        code += [_instruction(_EQUAL, number, if_false=len(block)), *block]
    return b"".join([*code, _instruction(_RETURN, _ALLOW)])


def _exception(tests: tuple[Match, ...]) -> list[bytes]:
    """Return "allow" when all tests hold; go on behind this block when one does not."""
    code = [_instruction(_RETURN, _ALLOW)]
    for test in reversed(tests):
        behind = len(code)
        if test.is_excluded:
            checks = [
                _instruction(_EQUAL, value, if_true=len(test.values) - 1 - place + behind)
                for place, value in enumerate(test.values)
            ]
        else:
            checks = [
                _instruction(_EQUAL, value, if_true=len(test.values) - place) for place, value in enumerate(test.values)
            ]
            checks.append(_instruction(_JUMP, behind))
        load = [_instruction(_LOAD, _OFFSET_ARGUMENTS + 8 * test.argument), _instruction(_AND, test.mask)]
        code = [*load, *checks, *code]
    return code


def _instruction(operation: int, operand: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, if_true, if_false, operand)
