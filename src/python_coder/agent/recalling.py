# src/python_coder/agent/recalling.py — the tool that tells a trimmed answer again
from python_coder.agent.context_care import RECALL, answer_of
from python_coder.agent.session import Session
from python_coder.errors import ToolRefusedError
from python_coder.tools.table import Tool


def recall_tools(session: Session) -> tuple[Tool, ...]:
    """`mcp__coder__recall`, which is listed once something of the conversation is not sent any more."""

    async def recall(call: str) -> str:
        """Tell again, word for word, what a tool answered earlier in this run.

        Args:
            call: Its id, as the line in the answer's place names it.

        Raises:
            ToolRefusedError: There was no such call.
        """
        answer = answer_of(session.messages, call)
        if answer is None:
            raise ToolRefusedError(f"No call {call!r} was answered in this run. Use the id from a line in brackets.")
        return answer

    return (Tool(name=RECALL, function=recall, effect="reads", is_free=True),)
