# tests/symbols/scripted_lsp.py — a language server that does what the method of a message says; run by file name
import json
import os
import sys
import time
from typing import Any


def read() -> dict[str, Any]:
    length = 0
    while line := sys.stdin.buffer.readline().strip():
        length = int(line.rpartition(b":")[2])
    if not length:
        sys.exit(0)
    return json.loads(sys.stdin.buffer.read(length))


def send(**message: Any) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


class Script:
    """Each public method answers the messages of its name; `_` stands for the hyphen in it."""

    def __init__(self) -> None:
        self._held: list[int] = []
        self._heard: list[str] = []
        self._refusals = 0

    def take(self, message: dict[str, Any]) -> None:
        self._heard.append(str(message.get("method")))
        act = getattr(self, self._heard[-1].replace("-", "_"), None)
        if act is not None:
            act(message.get("id"), message.get("params"))

    def echo(self, own_id: int, params: Any) -> None:
        send(id=own_id, result=params)

    def hold(self, own_id: int, params: Any) -> None:
        self._held.append(own_id)

    def release(self, own_id: int, params: Any) -> None:
        for each in reversed(self._held):
            send(id=each, result=each)
        self._held.clear()

    def heard(self, own_id: int, params: Any) -> None:
        send(id=own_id, result=self._heard)

    def ask_back(self, own_id: int, params: Any) -> None:
        send(id="from-server", method=params["method"], params=params.get("params"))
        answer = read()
        send(id=own_id, result={key: answer.get(key) for key in ("id", "result", "error")})

    def tell_back(self, own_id: int, params: Any) -> None:
        send(method="told", params=params)
        send(id=999_999, result="nobody asked")
        send(id=own_id, result=None)

    def refuse(self, own_id: int, params: Any) -> None:
        send(id=own_id, error={"code": params, "message": "no\nat length"})

    def outdated(self, own_id: int, params: Any) -> None:
        self._refusals += 1
        if self._refusals <= params:
            send(id=own_id, error={"code": -32801, "message": "content modified"})
        else:
            send(id=own_id, result=self._refusals)

    def flood(self, own_id: int, params: Any) -> None:
        sys.stderr.write("x" * params + "\nlast words\n")
        sys.stderr.flush()
        send(id=own_id, result=None)

    def environment(self, own_id: int, params: Any) -> None:
        send(id=own_id, result=dict(os.environ))

    def garbage(self, own_id: int, params: Any) -> None:
        sys.stdout.write("Traceback: I am no message\r\n\r\n")
        sys.stdout.flush()

    def exit(self, own_id: int, params: Any) -> None:
        sys.exit(params)

    def deaf(self, own_id: int, params: Any) -> None:
        time.sleep(600)


if __name__ == "__main__":
    script = Script()
    while True:
        script.take(read())
