# src/python_coder/agent/replay.py — a recorded run's model turns played again: no model, no key, no network
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from python_coder.agent.journal import messages_of, turns_in
from python_coder.errors import ProviderError, UsageError

PREFIX = "replay:"
"""What stands before the path in a model's name."""
_FILE = "messages.jsonl"


class Replay(Model):
    """Answers each request with what the recorded model answered then.

    Tools, gates and verdict are the present runtime's own: a replay shows what they make of the same turns now.
    """

    def __init__(self, answers: Sequence[ModelResponse]) -> None:
        """Keep the answers, in the order in which they were given."""
        super().__init__()
        self._answers = answers
        self._given: int | None = None

    @property
    def model_name(self) -> str:
        """The name that the contract carries."""
        return "replay"

    @property
    def system(self) -> str:
        """Who provides it."""
        return "python-coder"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """The next answer.

        Raises:
            ProviderError: There is none: the run has gone another way than the recorded one.
        """
        if self._given is None:
            # A resumed replay goes on after the turns that it has had.
            self._given = sum(isinstance(message, ModelResponse) for message in messages)
        if self._given >= len(self._answers):
            raise ProviderError(
                f"The recording has {len(self._answers)} answers and the run asks for one more: tools or gates say "
                "something else now than when it was made. Record it anew, or give the task to a model."
            )
        self._given += 1
        return self._answers[self._given - 1]


def read_replay(path: Path) -> Replay:
    """The recording in a run folder, or in its `messages.jsonl`.

    Raises:
        UsageError: There is none, or it is no recording.
    """
    file = path / _FILE if path.is_dir() else path
    if not file.is_file():
        raise UsageError(f"There is no recording {file}. Name a run's folder, which `python-coder show` tells.")
    try:
        messages = messages_of(turns_in(file))
    except OSError as error:
        raise UsageError(
            f"The recording {file} cannot be read: {error.strerror}. Name a file that is yours."
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{file} is no recording of a run: {str(error).splitlines()[0]}. Name another.") from error
    answers = [message for message in messages if isinstance(message, ModelResponse)]
    if not answers:
        raise UsageError(f"{file} holds no answer of a model. Name the folder of a run in which one answered.")
    return Replay([_without_provider(answer) for answer in answers])


def save_recording(path: Path, into: Path) -> None:
    """Write a run's answers alone, without what the model was shown, so that they may be shared and kept.

    Args:
        path: A run folder, or its `messages.jsonl`.
        into: The file to write, which `read_replay` reads.

    Raises:
        UsageError: There is no recording, or `into` cannot be written.
    """
    read_replay(path)
    turns = turns_in(path / _FILE if path.is_dir() else path)
    kept = [
        replace(turn, messages=tuple(message for message in turn.messages if message["kind"] == "response"))
        for turn in turns
    ]
    try:
        into.write_text("".join(json.dumps(asdict(turn)) + "\n" for turn in kept if turn.messages), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{into} cannot be written ({error.strerror}). Name another file.") from error


def _without_provider(answer: ModelResponse) -> ModelResponse:
    """The answer as one that cost nothing now, with its words and calls as they were."""
    return replace(answer, usage=RequestUsage(), model_name="replay", provider_name=None)
