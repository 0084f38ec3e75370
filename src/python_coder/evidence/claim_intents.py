# src/python_coder/evidence/claim_intents.py — sentences of a plan that say what will be done, or what a test will show
import re

from python_coder.evidence.claim_words import is_attested, is_claim

_TO_DO = re.compile(
    r"^(?:\W|\d+[.)]|then|next|first|finally|also|please|and|to)*\b"
    r"(?:add|append|assert|change|check|confirm|cover|create|document|ensure|execute|expect|extend|fix|give|implement"
    r"|keep|leave|let|make|mention|migrate|move|parametri[sz]e|prove|put|raise|remove|rename|replace|return|re-?run|run"
    r"|see|set|show|test (?:that|for|with|the)|try|update|use|validate|verify|watch|wrap|write)\b"
)
_OPEN = re.compile(
    # What a test is about, what is wished for or feared, and what there will be.
    r"^(?:\W|an? )*(?:\w+[- ])?test(?:_\w+)?\b ?[:(]|^\W*test_\w+"
    r"|\b(?:should|must|will|would|shall|ought|if|unless|until|so that|in case)\b"
    r"|\b(?:1|a|one|\d+) new\b"
)
_PART = re.compile(r"[:(—–]|\s-\s|,\s(?=(?:all|everything|no|now|\d+)\b)")


def looks_ahead(sentence: str) -> bool:
    """Whether a normalised sentence of a plan says what will be, whatever its words would mean in a report."""
    if is_attested(sentence):
        return False
    if _OPEN.search(sentence):
        return True
    # `Run the suite: all 60 tests pass` begins as a plan and ends as a claim.
    parts = [part.strip() for part in _PART.split(sentence)]
    return bool(_TO_DO.search(sentence)) and all(_TO_DO.search(part) or not is_claim(part) for part in parts)
