# src/python_coder/symbols/watch.py — asking the kernel whether anything changed, instead of looking at each file
import ctypes
import errno
import math
import os
import sys
import time
import weakref

_CLOSE_ON_EXEC = 0o2000000
_NON_BLOCKING = 0o4000
# Modified, attributes, moved from and to, created, deleted, itself deleted or moved; no link, only a folder.
_MASK = 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800 | 0x1000000 | 0x2000000
# File systems whose every change passes through this kernel: ext2-4, XFS, Btrfs, tmpfs, overlay, F2FS, ZFS, bcachefs.
_LOCAL = frozenset({0xEF53, 0x58465342, 0x9123683E, 0x01021994, 0x794C7630, 0xF2F52010, 0x2FC12FC1, 0xCA451A4E})
# A folder that is gone or may not be listed shows nothing; that this changes is seen in the folder around it.
_NOT_TO_BE_SEEN = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES})
_STATFS_BYTES = 256
_EVENTS_BYTES = 1 << 16
# Writes through a memory map raise no event. Nobody edits source so, but look at each file now and then.
_LONGEST_TRUST_SECONDS = 5.0


class FolderWatch:
    """Tells whether some folders have certainly stayed as they were.

    Where it cannot tell (no inotify, too many watches, a network file system, files with several names), it never
    says so, and its owner looks at each file.

    Source: inotify(7), "Limitations and caveats".
    """

    def __init__(self, root: str) -> None:
        """Begin to watch.

        Args:
            root: Folder that all watched folders lie in.
        """
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._file = _open_inotify(self._libc) if _is_local(self._libc, root) else -1
        self._is_blind = self._file < 0
        self._owner = os.getpid()
        self._looked_at = -math.inf
        if not self._is_blind:
            self._closing = weakref.finalize(self, os.close, self._file)

    def begin(self) -> None:
        """Forget what happened so far: the owner begins to look at each file now."""
        self._drain()
        self._looked_at = time.monotonic()

    def add(self, folder: str) -> None:
        """Watch a folder, too. Call this before looking at it."""
        if not self._is_blind and self._libc.inotify_add_watch(self._file, os.fsencode(folder), _MASK) < 0:
            self._is_blind = ctypes.get_errno() not in _NOT_TO_BE_SEEN

    def distrust(self) -> None:
        """Say that a file has several names, so that it can change unseen."""
        self._is_blind = True

    def expire(self) -> None:
        """Take nothing for unchanged until the next `begin`."""
        self._looked_at = -math.inf

    def is_quiet(self) -> bool:
        """Whether nothing can have changed since `begin`."""
        # A child process must not take events away from its parent.
        if self._is_blind or os.getpid() != self._owner or time.monotonic() - self._looked_at > _LONGEST_TRUST_SECONDS:
            return False
        return self._drain()

    def _drain(self) -> bool:
        """Whether no event had come."""
        is_quiet = True
        while not self._is_blind:
            try:
                events = os.read(self._file, _EVENTS_BYTES)
            except BlockingIOError:
                break
            except OSError:
                self._is_blind = True
                return False
            is_quiet = is_quiet and not events
        return is_quiet


def _open_inotify(libc: ctypes.CDLL) -> int:
    """A descriptor, or -1 where there is none to be had."""
    if sys.platform != "linux":
        return -1
    return int(libc.inotify_init1(_CLOSE_ON_EXEC | _NON_BLOCKING))


def _is_local(libc: ctypes.CDLL, folder: str) -> bool:
    if sys.platform != "linux":
        return False
    # The first field of `struct statfs` is the type, a machine word.
    status = ctypes.create_string_buffer(_STATFS_BYTES)
    if libc.statfs(os.fsencode(folder), status) != 0:
        return False
    return ctypes.c_ulong.from_buffer(status).value in _LOCAL
