# src/python_coder/tools/answers.py — answers made for a model's context
_MOST_ANSWER_CHARS = 20_000


def shorten(text: str) -> str:
    """The first part of a long answer, with a count of what was left out."""
    if len(text) <= _MOST_ANSWER_CHARS:
        return text
    kept = text[:_MOST_ANSWER_CHARS].rsplit("\n", 1)[0]
    return f"{kept}\n… {text.count(chr(10)) - kept.count(chr(10))} more lines; ask for a part"
