# tests/scenarios/scripted_openai.py — the scripted provider once more, speaking OpenAI's two APIs
import json
from collections.abc import Iterator
from typing import Any

from scenarios.scripted_server import Block, MessagesHandler, Say

Event = dict[str, Any]
_STOPS = {"max_tokens": "length", "refusal": "content_filter"}


class OpenAIHandler(MessagesHandler):
    """Speaks the Responses API and the Chat Completions API, by the path that is asked."""

    def error_of(self, say: Say) -> object:
        return {"error": {"type": "server_error", "code": None, "message": say.message}}

    def events_of(self, body: dict[str, Any], say: Say) -> Iterator[Event | str]:
        number = len(body.get("input") or body.get("messages") or [])
        if self.path.endswith("/responses"):
            yield from _responses(body, say, number)
        else:
            yield from _chat(body, say, number)


def _arguments(block: Block) -> str:
    return str(block.get("partial") or json.dumps(block["input"]))


def _chat(body: dict[str, Any], say: Say, number: int) -> Iterator[Event | str]:
    def chunk(delta: Event, finish: str | None = None, **more: Any) -> Event:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        head = {"id": f"c{number}", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        return {**head, "choices": [choice], **more}

    for place, block in enumerate(say.blocks):
        if block["type"] == "text":
            yield chunk({"role": "assistant", "content": block["text"]})
        else:
            function = {"name": block["name"], "arguments": _arguments(block)}
            call = {"index": place, "id": f"call_{number}_{place}", "type": "function", "function": function}
            yield chunk({"role": "assistant", "tool_calls": [call]})
    if say.is_cut:
        return
    natural = "tool_calls" if any(block["type"] == "tool_use" for block in say.blocks) else "stop"
    yield chunk({}, _STOPS.get(say.stop, natural))
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, **say.usage}
    yield {**chunk({}), "choices": [], "usage": usage}
    yield "[DONE]"


def _responses(body: dict[str, Any], say: Say, number: int) -> Iterator[Event]:
    items = [_item(block, f"{number}_{place}") for place, block in enumerate(say.blocks)]
    whole = {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1,
        "model": body["model"],
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "status": "in_progress",
    }
    yield {"type": "response.created", "sequence_number": 0, "response": whole}
    for place, item in enumerate(items):
        yield from _item_events(item, place)
    if say.is_cut:
        return
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 15,
    }
    done = {**whole, "output": items, "usage": usage, "status": "completed"}
    if say.stop:
        reason = "max_output_tokens" if say.stop == "max_tokens" else "content_filter"
        done |= {"status": "incomplete", "incomplete_details": {"reason": reason}}
    yield {"type": f"response.{done['status']}", "sequence_number": 99, "response": done}


def _item(block: Block, name: str) -> Event:
    if block["type"] == "text":
        content = [{"type": "output_text", "text": block["text"], "annotations": []}]
        return {"id": f"m_{name}", "type": "message", "role": "assistant", "status": "completed", "content": content}
    call = {"name": block["name"], "arguments": _arguments(block), "call_id": f"call_{name}"}
    return {"id": f"fc_{name}", "type": "function_call", "status": "completed", **call}


def _item_events(item: Event, place: int) -> Iterator[Event]:
    is_text = item["type"] == "message"
    empty = {**item, "content": []} if is_text else {**item, "arguments": ""}
    where = {"output_index": place, "item_id": item["id"], "sequence_number": place}
    yield {"type": "response.output_item.added", "item": empty, **where}
    if is_text:
        part = item["content"][0]
        yield {"type": "response.content_part.added", "content_index": 0, "part": {**part, "text": ""}, **where}
        text = {"content_index": 0, "delta": part["text"], "logprobs": [], **where}
        yield {"type": "response.output_text.delta", **text}
    else:
        yield {"type": "response.function_call_arguments.delta", "delta": item["arguments"], **where}
    yield {"type": "response.output_item.done", "item": item, **where}
