# tests/workspace/test_seccomp.py — the filter's program is sound, and its numbers are the kernel's
import platform
import struct
from pathlib import Path

import pytest

from python_coder.workspace import seccomp


def test_filter_is_well_formed() -> None:
    """Each jump stays inside of the program, which ends with a decision."""
    if not seccomp.has_filter():
        pytest.skip(f"no filter is offered on {platform.machine()}")
    for program in (
        seccomp.namespaced_filter(),
        seccomp.bare_filter(has_network=True),
        seccomp.bare_filter(has_network=False),
    ):
        code = list(struct.iter_unpack("=HBBI", program))
        for place, (operation, if_true, if_false, operand) in enumerate(code):
            furthest = operand if operation == 0x05 else max(if_true, if_false)
            assert place + 1 + furthest < len(code) or operation == 0x06
        assert code[-1][0] == 0x06


def test_numbers_agree_with_the_kernels_headers() -> None:
    names = {"x86_64": "x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "asm-generic/unistd.h"}
    for column, name in enumerate(names.values()):
        header = Path("/usr/include", name)
        if not header.exists():
            pytest.skip(f"{header} is not here: apt-get install linux-libc-dev")
        defined = {}
        for line in header.read_text().splitlines():
            words = line.split()
            if len(words) == 3 and words[0] == "#define" and words[1].startswith("__NR"):
                defined[words[1].removeprefix("__NR3264_").removeprefix("__NR_")] = words[2]
        wrong = {
            name: numbers[column]
            for name, numbers in seccomp._NUMBERS.items()
            if numbers[column] is not None and defined.get(name, str(numbers[column])) != str(numbers[column])
        }
        assert not wrong
