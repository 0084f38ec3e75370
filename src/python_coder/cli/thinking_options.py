# src/python_coder/cli/thinking_options.py — options that say what thinks, how, and what it may take at most
from pathlib import Path
from typing import Annotated

import typer

from python_coder.agent.thinking_mode import ThinkingMode

ModelOption = Annotated[
    str,
    typer.Option(
        help="'offline', 'sonnet', 'opus', 'haiku' or PROVIDER:NAME, such as openai:gpt-6-luna or ollama:qwen3; "
        "by default what the keys allow."
    ),
]
ReplayOption = Annotated[
    Path | None,
    typer.Option(help="Play a recorded run's model turns again, without a model: a run folder or its messages.jsonl."),
]
EscalateOption = Annotated[
    str,
    typer.Option(
        "--escalate-to",
        help="The stronger model for work over many modules, or 'never'; by default 'opus' after 'sonnet'.",
    ),
]
ThinkingOption = Annotated[
    ThinkingMode | None, typer.Option(help="How to think; by default the plan decides: step by step, or broadly.")
]
MaxCostOption = Annotated[
    float | None, typer.Option("--max-cost", min=0.0, help="US dollars that the model may cost, over the whole run.")
]
MaxTokensOption = Annotated[
    int | None, typer.Option("--max-tokens", min=1, help="Tokens to send and receive, over the whole run.")
]
MaxMinutesOption = Annotated[
    float | None, typer.Option("--max-minutes", min=0.0, help="Minutes from this start until the last request.")
]
