# src/python_coder/agent/streaming.py — a model whose answers travel as a stream and arrive whole, or not at all
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelQuotaExceededError,
    ModelRequestRejectedError,
)
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings


class BrokenOffError(ModelConnectionError):
    """An answer ended before its provider said that it was complete. What arrived is kept, for it was paid for."""

    arrived: ModelResponse | None = None


class WholeStream(WrapperModel):
    """Streams every request, so that no proxy times out on a long silence, and refuses an answer that broke off.

    A stream that was cut looks complete to its reader, and the finished tool calls in it would run.
    """

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Read the stream to its end.

        Raises:
            BrokenOffError: The stream ended before the provider said that the answer is complete.
        """
        arrived: ModelResponse | None = None
        try:
            async with self.wrapped.request_stream(messages, model_settings, model_request_parameters) as stream:
                try:
                    async for _ in stream:
                        pass
                finally:
                    arrived = stream.get()
        except ModelAPIError as error:
            if arrived is None or isinstance(error, ModelRequestRejectedError | ModelQuotaExceededError):
                raise
            raise self._broken_off(arrived, error.retry_after) from error
        if arrived.finish_reason is None:
            raise self._broken_off(arrived, None)
        return arrived

    def _broken_off(self, arrived: ModelResponse, retry_after: float | None) -> BrokenOffError:
        told = "the answer broke off before its end"
        error = BrokenOffError(self.model_name, told, phase="read", retry_after=retry_after, in_stream=True)
        error.arrived = arrived
        return error
