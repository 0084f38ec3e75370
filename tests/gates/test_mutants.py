# tests/gates/test_mutants.py — what a change lets us break, and how broken it then is
import pytest
from courtroom import Court

from python_coder.gates.mutants import RAISES, RETURNS_NOTHING, Target, changed_targets, mutant

BASE = "LIMIT = 1\n\n\nclass A:\n    x: int = 1\n\n    def f(self):\n        return self.x\n\n\ndef g():\n    yield 1\n"
CHANGES = {
    "method": (BASE.replace("return self.x", "return self.x + 1"), (Target("app/m.py", "A.f"),), False),
    "field": (BASE.replace("x: int = 1", "x: int = 2"), (Target("app/m.py", "A", 5),), False),
    "new-function": (BASE + "\n\nasync def h():\n    return 1\n", (Target("app/m.py", "h"),), False),
    "decorator": (BASE.replace("def g", "@cache\ndef g"), (Target("app/m.py", "g"),), True),
    "constant": (BASE.replace("LIMIT = 1", "LIMIT = 2"), (), True),
    "import-only": ("import os\n" + BASE, (), False),
    "comment": (BASE + "# note\n", (), False),
    "deletion": (BASE.replace("LIMIT = 1\n\n\n", ""), (), True),
}


@pytest.mark.parametrize(("text", "items", "has_more"), CHANGES.values(), ids=CHANGES)
async def test_targets(court: Court, text: str, items: tuple[Target, ...], has_more: bool) -> None:
    context = await court.context({"app/m.py": BASE}, {"app/m.py": text}, with_baseline=False)
    targets = changed_targets(context)
    assert (targets.items, targets.has_more) == (items, has_more)


BROKEN = {
    "raises": (Target("app/m.py", "A.f"), RAISES, "        raise RuntimeError"),
    "returns": (Target("app/m.py", "A.f"), RETURNS_NOTHING, "    def f(self):\n        return\n"),
    "stays-a-generator": (Target("app/m.py", "g"), RAISES, 'on purpose")\n    yield\n'),
    "field": (Target("app/m.py", "A", 5), RAISES, "class A:\n    pass\n"),
}


@pytest.mark.parametrize(("target", "body", "expected"), BROKEN.values(), ids=BROKEN)
async def test_broken_source(court: Court, target: Target, body: str, expected: str) -> None:
    context = await court.context({"app/m.py": BASE}, {"app/m.py": BASE + "\n"}, with_baseline=False)
    content = court.trees.read(mutant(context, [target], body), "app/m.py")
    assert content is not None
    assert expected in content.decode()
