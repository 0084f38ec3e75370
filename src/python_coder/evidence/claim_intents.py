# src/python_coder/evidence/claim_intents.py — sentences of a plan that say what will be done, or what a test will show
import re

from python_coder.evidence.claim_words import is_attested, is_claim

_TO_DO = re.compile(
    r"^(?:\W|\d+[.)]|then|next|first|finally|also|please|and|to)*\b"
    r"(?:add|append|assert|change|check|confirm|cover|create|document|ensure|execute|expect|extend|fix|give|implement"
    r"|keep|leave|let|make|mention|migrate|move|parametri[sz]e|prove|put|raise|remove|rename|replace|return|re-?run|run"
    r"|see|set|show|test (?:that|for|with|the)|try|update|use|validate|verify|watch|wrap|write)\b"
)
_ABOUT_A_TEST = re.compile(r"^(?:\W|an? )*(?:\w+[- ])?test(?:_\w+)?\b ?[:(]|^\W*test_\w+")
"""What such a sentence says, its test will."""
_OPEN = re.compile(
    # What is wished for or feared, and what there will be.
    r"\b(?:should|must|will|would|shall|ought|if|unless|until|so that|in case)\b|\b(?:1|a|one|\d+) new\b"
)
_SUBJECT = r"(?=(?:all|everything|it|no|nothing|now|tests?|the \w+|\d+)\b)"
_PART = re.compile(rf"[:;(—–]|\s-\s|(?:,|,?\s(?:and|but|because|since|with))\s{_SUBJECT}|\s(?=so that\b)|\swith\s")


def looks_ahead(sentence: str) -> bool:
    """Whether a normalised sentence of a plan says what will be, whatever its words would mean in a report."""
    if is_attested(sentence):
        return False
    if _ABOUT_A_TEST.search(sentence):
        return True
    # `Run the suite: all 60 tests pass` and `Unless noted, all pass` begin as a plan and end as a claim.
    parts = [part.strip() for part in _PART.split(sentence)]
    ahead = [bool(_OPEN.search(part) or _TO_DO.search(part)) for part in parts]
    return any(ahead) and all(is_ahead or not is_claim(part) for part, is_ahead in zip(parts, ahead, strict=True))
