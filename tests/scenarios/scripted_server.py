# tests/scenarios/scripted_server.py — a model provider on loopback that speaks the Messages API from a script
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True)
class Say:
    """One answer: content blocks, or a fault."""

    blocks: Sequence[Block] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False
    """Whether the stream breaks off before its last event."""
    drops: bool = False
    """Whether the connection ends without an answer."""
    stop: str = ""
    """The reason that the provider gives for the answer's end; empty for the natural one."""
    error: str = ""
    """Type of an error that the stream ends with, after the answer's blocks."""
    usage: dict[str, int] = field(default_factory=dict)
    message: str = "scripted"
    """What an error says."""


def text(words: str) -> Block:
    return {"type": "text", "text": words}


def call(tool: str, /, **arguments: Any) -> Block:
    return {"type": "tool_use", "name": tool, "input": arguments}


def half_call(tool: str, partial: str) -> Block:
    """A tool call whose arguments are cut in the middle of their JSON."""
    return {"type": "tool_use", "name": tool, "input": {}, "partial": partial}


def thought(words: str) -> Block:
    return {"type": "thinking", "thinking": words, "signature": "sig"}


def output(kind: str, /, **content: Any) -> Block:
    """A typed output: `Plan`, `Report` or `Refusal`."""
    return {"type": "tool_use", "name": f"submit_{kind.lower()}", "input": content}


class MessagesHandler(BaseHTTPRequestHandler):
    """Speaks the Messages API. A subclass that speaks another one says how its errors and streams look."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body["@path"] = self.path
        body["@betas"] = list(filter(None, self.headers.get("anthropic-beta", "").split(",")))
        say = self.server.next(body)
        if say.drops:
            self.close_connection = True
        elif say.status != 200:
            self._fail(say)
        else:
            self._stream(body, say)

    def error_of(self, say: Say) -> object:
        kind = "api_error" if say.status >= 500 else "invalid_request_error"
        return {"type": "error", "error": {"type": kind, "message": say.message}}

    def events_of(self, body: dict[str, Any], say: Say) -> Iterator[dict[str, Any] | str]:
        """What the stream holds; for a cut answer, up to where it is cut."""
        for event in _events(_message(body, say)):
            if event["type"] == "message_delta" and (say.is_cut or say.error):
                break
            yield event
        if say.error:
            yield {"type": "error", "error": {"type": say.error, "message": say.message}}

    def _fail(self, say: Say) -> None:
        data = json.dumps(self.error_of(say)).encode()
        self.send_response(say.status)
        for name, value in {"content-type": "application/json", "content-length": len(data), **say.headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, body: dict[str, Any], say: Say) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for event in self.events_of(body, say):
            name = f"event: {event['type']}\n" if isinstance(event, dict) and "type" in event else ""
            data = event if isinstance(event, str) else json.dumps(event)
            self.wfile.write(f"{name}data: {data}\n\n".encode())
        self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, script: Callable[[dict[str, Any], int], Say], handler: type[MessagesHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.requests: list[dict[str, Any]] = []
        self._script = script
        self._lock = threading.Lock()

    def next(self, body: dict[str, Any]) -> Say:
        with self._lock:
            self.requests.append(body)
            return self._script(body, len(self.requests) - 1)


@contextmanager
def scripted_model(
    script: Sequence[Say] | Callable[[dict[str, Any], int], Say], handler: type[MessagesHandler] = MessagesHandler
) -> Iterator["_Server"]:
    """Serve a script: answers in order (the last one again and again), or a function of request and number."""
    if callable(script):
        answer = script
    else:
        answers = list(script)

        def answer(_: dict[str, Any], number: int) -> Say:
            return answers[min(number, len(answers) - 1)]

    server = _Server(answer, handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def url_of(server: "_Server") -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def _message(body: dict[str, Any], say: Say) -> dict[str, Any]:
    blocks = []
    for number, scripted in enumerate(say.blocks):
        block = dict(scripted)
        if block["type"] == "tool_use":
            block["id"] = f"toolu_{len(body['messages'])}_{number}"
        blocks.append(block)
    natural = "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
    return {
        "id": f"msg_{len(body['messages'])}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": blocks,
        "stop_reason": say.stop or natural,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5, **say.usage},
    }


def _events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}}
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
        elif block["type"] == "thinking":
            start = {"type": "thinking", "thinking": "", "signature": ""}
            delta = {"type": "thinking_delta", "thinking": block["thinking"]}
        else:
            start = {"type": "tool_use", "id": block["id"], "name": block["name"], "input": {}}
            delta = {"type": "input_json_delta", "partial_json": block.get("partial") or json.dumps(block["input"])}
        yield {"type": "content_block_start", "index": index, "content_block": start}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        if block["type"] == "thinking":
            signed = {"type": "signature_delta", "signature": block["signature"]}
            yield {"type": "content_block_delta", "index": index, "delta": signed}
        yield {"type": "content_block_stop", "index": index}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None},
        "usage": {"output_tokens": message["usage"]["output_tokens"]},
    }
    yield {"type": "message_stop"}
