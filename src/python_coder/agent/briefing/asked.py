# src/python_coder/agent/briefing/asked.py — which methods of which resource a task's sentences speak of
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

METHODS_OF = {
    "POST": ("create", "add", "new", "insert", "register", "submit", "upload"),
    "PATCH": ("update", "change", "edit", "rename", "modify", "patch"),
    "DELETE": ("delete", "remove", "drop"),
    "GET": ("list", "show", "filter", "search", "sort", "page", "pagination", "read", "fetch", "retrieve"),
}
"""Words of a task that speak of one kind of route."""
_VERBS = {verb.removesuffix("e"): method for method, verbs in METHODS_OF.items() for verb in verbs}
_LISTING = frozenset(("list", "filter", "search", "sort", "pag", "pagination"))
"""Stems of verbs that speak of many rows."""
_ENDING = re.compile(r"(?<=\w\w)(?:e|es|ed|s|ing)$")
_SENTENCE = re.compile(r"[.;!?]\s+|\n")
_CLAUSE = re.compile(r"[,:]\s+|[()]")
_LITERAL = re.compile(r"`[^`\n]*`|(?:\b[A-Z]{3,7}\s+)?(?<![\w.])/[\w{}:/.~-]+")
_TOKEN = re.compile(r"[a-z_]+")
_PASSIVE = frozenset(("be", "been", "being", "is", "are", "was", "were", "get", "gets"))
_STOPS = frozenset(("to", "for", "from", "with", "by", "through", "into", "when", "which", "must", "should"))
_ASIDE = frozenset(("when", "while", "if", "unless", "until", "although", "because", "after", "before", "whose"))
_MOST_WORDS_BETWEEN = 5
_WORDS_BEFORE_PASSIVE = 3


@dataclass(frozen=True)
class Ask:
    """A verb of a task, with the resource beside it."""

    method: str
    noun: str
    """Stem, as `stem` makes it."""
    is_listing: bool
    is_aside: bool
    """Whether it only says when something happens, such as `also when another request deletes the team`."""


def asks_in(task: str, nouns: Collection[str]) -> Sequence[Ask]:
    """The verbs of a task that stand beside a resource, in the task's order.

    Args:
        task: In words.
        nouns: Stems of all resources of the service.
    """
    plain = _LITERAL.sub(" x ", task)
    found = (ask for sentence in _SENTENCE.split(plain) for ask in _of_sentence(sentence.lower(), nouns))
    return list(dict.fromkeys(found))


def methods_in(task: str) -> frozenset[str]:
    """Methods that the task's verbs speak of, whatever stands beside them."""
    spoken = {_VERBS[stem] for word in _TOKEN.findall(task.lower()) if (stem := _ENDING.sub("", word)) in _VERBS}
    return frozenset(spoken | ({"PUT"} if "PATCH" in spoken else set()))


def stem(word: str) -> str:
    """A word's singular, roughly; the same for both numbers is what counts."""
    if word.endswith("ies") and len(word) > len("ties"):
        return f"{word[:-3]}y"
    if word.endswith(("oes", "xes", "ches", "shes", "sses", "uses")):
        word = word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _of_sentence(sentence: str, nouns: Collection[str]) -> Iterator[Ask]:
    for number, clause in enumerate(_CLAUSE.split(sentence)):
        words = _TOKEN.findall(clause)
        for place, word in enumerate(words):
            verb = _ENDING.sub("", word)
            noun = _noun(words, place, nouns) if verb in _VERBS else ""
            if noun:
                # A condition at the very beginning is what the sentence is about.
                before = words[:place] if number else words[1:place]
                is_aside = bool(_ASIDE.intersection(before)) or "another" in words
                yield Ask(_VERBS[verb], noun, verb in _LISTING, is_aside)


def _noun(words: Sequence[str], place: int, nouns: Collection[str]) -> str:
    before = words[:place]
    if words[place].endswith(("ed", "read")) and _PASSIVE.intersection(before[-_WORDS_BEFORE_PASSIVE:]):
        return next((stem(word) for word in before if stem(word) in nouns), "")
    for word in words[place + 1 : place + 1 + _MOST_WORDS_BETWEEN]:
        if word in _STOPS:
            break
        if stem(word) in nouns:
            return stem(word)
    # `the items list`
    return stem(before[-1]) if before and stem(before[-1]) in nouns and words[place] in {"list", "listing"} else ""
