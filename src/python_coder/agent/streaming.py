# src/python_coder/agent/streaming.py — a model whose answers travel as a stream and arrive whole, or not at all
from pydantic_ai.exceptions import ModelConnectionError
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings


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
            ModelConnectionError: The stream ended before the provider said that the answer is complete.
        """
        async with self.wrapped.request_stream(messages, model_settings, model_request_parameters) as stream:
            async for _ in stream:
                pass
            response = stream.get()
        if response.finish_reason is None:
            raise ModelConnectionError(
                self.model_name, "the answer broke off before its end", phase="read", in_stream=True
            )
        return response
