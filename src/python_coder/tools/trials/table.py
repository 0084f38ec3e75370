# src/python_coder/tools/trials/table.py — the trials' part of the coder tools
from python_coder.tools.table import Tool
from python_coder.tools.trials.calling import CallingTools
from python_coder.tools.trials.place import TrialPlace
from python_coder.tools.trials.roundtrip import RoundtripTools
from python_coder.tools.trials.testing import TestingTools


def trial_tools(place: TrialPlace) -> tuple[Tool, ...]:
    """Tools that try the present tree out on clean copies. None of them writes to the work tree."""
    functions = (
        TestingTools(place=place).run_tests,
        CallingTools(place=place).call_app,
        RoundtripTools(place=place).migration_roundtrip,
    )
    return tuple(
        Tool(name=f"mcp__coder__{function.__name__}", function=function, effect="reads") for function in functions
    )
