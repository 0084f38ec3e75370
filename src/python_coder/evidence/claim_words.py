# src/python_coder/evidence/claim_words.py — the words with which a report claims that something was checked
import re
from collections.abc import Sequence

from python_coder.evidence.claim_topics import topics_of


def _phrases(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_TROUBLE = (
    r"(?:errors?|failures?|fail(?:s|ed|ing)?|issues?|warnings?|regressions?|problems?|violations?|findings?|complaints?"
    r"|vulnerabilit\w+|breakages?|breaking|defects?|bugs?|offen[cs]es?|red)"
)
_BREAKS = r"(?:br[eo]ak\w*|broke\w*|fail\w*|regress\w*)"
_NO_TROUBLE = _phrases(
    r"\b(?:no|zero|0|nil|not (?:a|one|any)(?: single)?|without(?: any)?|free (?:of|from)(?: any)?) "
    rf"(?:\w+ ){{0,3}}{_TROUBLE}\b",
    rf"\b(?:none|not one|neither)\b(?: \w+){{0,5}} (?:{_BREAKS}|error\w*)",
    rf"\b(?:no|zero) (?:\w+ ){{0,2}}(?:tests?|checks?|gates?) {_BREAKS}",
    r"\b(?:did|do|does|is|are|has|have|was|were|had|could)(?:n't| not|nt) (?:\w+ )?"
    r"(?:br[eo]ak|broken|fail(?:ed)?|regress\w*|affect(?:ed)?|cause[ds]?|introduce[ds]?|complain(?:ed)?|report(?:ed)?)\b"
    r"(?: (?:any|a|the|a single|new) \w+)?",
    rf"\bnothing(?: \w+){{0,4}} (?:{_BREAKS}|affected|red)\b",
    rf"\bnever {_BREAKS}",
    rf"\b{_TROUBLE}(?: count)? ?[:=] ?(?:0|none|zero)\b",
    r"\b(?:error|bug|warning|issue|regression)s?-free\b",
    r"\bexit(?:s|ed)?(?: (?:with|code|status))* ?[:=]? ?(?:0|zero)\b",
    r"\brc ?= ?0\b",
    rf"\bnary an? {_TROUBLE}\b|\b(?:zero|no) (?:\w+ ){{0,2}}(?:objections?|diagnostics?)\b|\bwithout incident\b",
)
"""Denials of something bad, which claim something good."""

_CHECKED = r"(?:tests?|checks?|gates?|lint\w*|suite|bar|threshold|ci|build|types?|pipeline)"
_WELL = r"(?:as (?:expected|intended|designed)|correctly|properly|perfectly|flawlessly|fine|well|end[- ]to[- ]end|now)"
_GOOD = _phrases(
    r":ok:",
    r"\bpass(?:es|ed|ing)?\b(?! (?:an?|its?|their|them|through|along)\b"
    rf"| the (?!(?:\w+[- ]){{0,3}}{_CHECKED}\b))",
    r"\bgreen\b",
    r"\bclean(?:ly)?\b(?! (?:up|separation|code|architecture|clone|copy|layer|install))",
    r"\bsucceed(?:s|ed)?\b",
    r"\bsuccessfully\b",
    r"\b(?:is|are|was|were|:|=) (?:a )?success(?:ful)?\b",
    r"\bsuccess[.!]*$",
    r"(?:\b(?:is|are|was|were|all|looks?|still|come|came)|[:=]) (?:all |both )?ok(?:ay)?\b",
    r"\bok[.!]*$",
    r"(?:\b(?:all|look(?:s|ing)?|is|are|was|were)|:) (?:very |all )?"
    r"(?:good|fine|great|solid|sound|perfect|happy|healthy|stable|intact|unaffected)\b",
    r"\b(?:flawless|perfect|smooth)ly?\b",
    r"\bwithout a hitch\b",
    r"\bchecks? out\b",
    r"\bin order\b",
    r"\bstill works?\b",
    rf"\bworks? {_WELL}\b",
    r"\b(?:works|holds?)[.!]*$",
    r"\bsatisfied\b",
    r"\bcompiles?\b",
    r"\b(?:meets?|exceeds?)\b",
    r"\bfully covered\b",
    r"\d ?%|\bpercent\b",
    r"\bboots?\b",
    r"\bup and running\b",
    r"\b\d+(?:\.\d+)? ?(?:ms|rps|req/s)\b",
    r"\b(?:faster|quicker|slower)\b",
    r"\b(?:spotless|silent|quiet|preserved)\b",
    r"\bbuilds? (?:fine|ok|well|cleanly)\b|\bachieved\b|\breported success\b",
    r"\bworked\b(?! (?:around|out|on|with|in|into)\b)",
    r"\b(?:full|complete) (?:\w+ )?coverage\b",
    r"\bmutation score\b",
    r"\bnothing to (?:say|report|fix|complain)",
    r"\b(?:found|finds|raises?|raised|reports?|reported|shows?) (?:nothing|none)\b",
    r"\b(?:went|sail\w*|got) through\b",
    r"\b(?:prove[sd]?|demonstrate[sd]?|confirm(?:s|ed)?|show)\b",
    r"\b(?:every|all|each) (?:\w+ ){0,4}(?:is|are) (?:now )?covered\b",
)
"""Words that say that a check came out well, in a sentence about a check."""

_COUNTED = _phrases(
    r"\b\d[\d,]*(?: ?/ ?\d+| (?:out )?of \d+)? (?:\w+ ){0,3}?"
    r"(?:tests?|assertions?|passed|failed|failures?|errors?|warnings?|skipped|violations?)\b",
    r"\b\d+ (?:\w+ ){0,2}files? (?:were |was |are |is |have been )?(?:changed|touched|modified|edited)\b",
    r"\b(?:changed|touched|modified|edited) \d+ (?:\w+ )?files?\b",
    r"\b(?:gates?|tests?|checks?)\b\W{1,3}\d+ ?(?:/|of|out of) ?\d+\b",
)
_RAN = _phrases(
    r"\b(?:re-?)?ran\b",
    r"\b(?:have|has|had|was|were|been|being|i've|we've|is|are)(?: (?!not\b|never\b)\w+)? (?:re-?)?run\b(?! by\b)",
    r"\b(?:executed|exercised)\b",
    r"\bafter (?:re-?)?running\b|\bhaving (?:re-?)?run\b",
    r"\b(?:test|suite|full|dry|complete|a|the|my) run\b",
)
_PROVED = (
    r"(?:verified|validated|confirmed|tested|checked|benchmarked|measured|profiled|linted|proved|proven|double-checked)"
)
_ATTESTED = _phrases(
    rf"\b(?:i|we)(?:'ve| have| had)?(?: (?!not\b|never\b)\w+){{0,2}} (?:{_PROVED}|ensured|observed|saw|tried)\b",
    r"\b(?:i|we)(?: can| do| hereby| must)? (?:confirm|certify|guarantee|attest|assure|swear|promise)\b",
    r"^(?:\W|(?:and|also|all|everything|it|this|changes?|ok|was|were|is|are|has|have|been|\w+ly) )*"
    r"(?:verified|tested|double-checked|smoke-tested|benchmarked|confirmed|validated)\b"
    r"(?! (?:users?|emails?|orders?|by pydantic|on the server)|"
    r" (?!this|it|that|everything|all|they)\w+ (?:is|are|may|can|must)\b)",
    r"\b(?:manual|full|thorough|careful|extensive|complete|local|independent|automatic)(?:al)?(?:ly|y)? (?:re-?)?"
    r"(?:verified|tested|validated|checked)\b",
    r"\b(?:verified|tested|validated|checked|confirmed) (?:it |this |them |everything )?"
    r"(?:manually|locally|by hand|by running|end[- ]to[- ]end|in (?:a )?(?:browser|production|staging|docker)"
    r"|with (?:curl|postman|httpie|pytest|mypy)|on (?:python|postgres\w*))",
    r"\b(?:i|we)(?: (?!not\b|never\b)\w+){0,2} (?:smoke-?tested|curled|deployed|qa'd|qa-ed"
    r"|hit the (?:\w+ )?(?:endpoints?|routes?|api|url)|(?:started|launched) the (?:server|app|service|stack))\b",
    r"\bworks? on (?:my|our|every|all|both) (?:\w+ )?(?:machines?|computers?|laptops?|systems?|platforms?)\b",
    r"\b(?:rigorously|thoroughly|fully|manually) qa(?:'d|-?ed)\b|\bqa (?:signed|approved|passed)\b|\blgtm\b",
    r"^\W*(?:(?:it|this|the change|changes) (?:was|were|ha(?:s|ve) been) )?(?:reviewed|approved|signed off|audited)\b"
    r"(?: and \w+)? (?:by|from) (?:the |a |our )?(?:qa|security|team|colleague|reviewer|lead|maintainer)",
    r"^\W*(?:(?:it|this) (?:was|is|has been) )?deployed (?:\w+ )?to (?:staging|production|prod|test)\b",
    r"\ba (?:colleague|teammate|reviewer) (?:ran|tried|tested|checked|verified)\b",
    r"\bmigration (?:was )?applied to (?:\w+ ){0,2}(?:production|staging)\b|\bin my trials?\b|\b(?:was|were) tried\b",
    r"\b(?:well|battle|fully|thoroughly|regression|unit|integration|load|stress)[- ]tested\b",
    r"\bmanual (?:testing|verification|tests?)\b(?! (?:is|are|remains?) (?:needed|required|recommended|advised))",
)
"""Words with which the model vouches for something in person."""

_ALONE = _phrases(
    r"(?:\b(?:it|they|all|everything|these|those|both|results?|status|overall)\b(?: \w+){0,2}|:) ?"
    r"(?:is |are |was |were )?"
    r"(?:pass(?:es|ed|ing)?\b(?! (?:an?|the|its?|their|them|through|along|in|to|\w+ (?:to|into|as|through))\b)"
    rf"|green\b|succeed(?:s|ed)?\b|:ok:|works? {_WELL})",
    rf"\bno {_TROUBLE} (?:were |was |are |is |have been )?"
    r"(?:found|seen|reported|observed|detected|remain\w*|introduced|encountered)",
    r"\bworks? (?:as (?:expected|intended)|perfectly|flawlessly|end[- ]to[- ]end)",
    r"\bnothing (?:is |was |has |got )?(?:br[eo]ak\w*|broke\w*|regress\w*)",
    r"\ball (?:is )?(?:green|good|clean)\b",
    r"\bno regressions?\b",
    r"\bup and running\b",
    r"\b(?:is|are|was|been|status:?) proven\b",
    r"\bworks?[.!]*$",
    r"\bproduction[- ]ready\b",
    r"\b(?:ready|safe|good) to (?:merge|ship|deploy|go)\b",
    r"^\W*(?:all |everything )?(?:green|passed|passing|pass|clean|success|ok|:ok:)\W*$",
    r"^\W*\d+ ?(?::ok:|/ ?\d+|(?:out )?of \d+)\W*$",
    r"\bscore\W{1,3}\d+ ?(?:/|of|out of) ?\d+",
    r"\bnothing fails\b",
)
"""Claims that need no other word to say what was checked."""

_NOT = re.compile(
    r"\b(?:not|never|cannot|unable|nor|none|yet to|nobody|no one|hardly|failed to|refused to|skipped|declined to"
    r"|no (?:tests?|checks?|gates?|suites?|benchmark\w*|coverage|ci|linter|migrations?)"
    r"|without (?:run|hav|execut|test|verify)ing)\b|n't\b"
)
_PLAN = _phrases(
    r"\b(?:must|will|would|shall|need(?:s|ed)? to|needs|could|may|might|can(?! confirm)|going to|plan(?:s|ned)? to"
    r"|want(?:s|ed)? to|ought to|have to|has to|let's|to do|todo|please|recommend\w*|suggest\w*|consider\w*|make sure"
    r"|hope\w*|in order to|so that|until|unless|if|whether|once|before merging|requires?|enforces?|demands?|threshold"
    r"|target|goal|minimum|aim\w*|intend\w*|remember to|pending|remains? to|assert(?:s|ing)?|as soon as|next step|how"
    r"|follow-?up)\b",
    r"^(?:please |then |also |next |first |finally |\d+[.)] |- |to )*"
    r"(?:re-?run|run|check|ensure|verify|confirm|see|watch|execute|test|validate|add|extend|write|fix|keep)\b",
)
_QUESTION = re.compile(
    r"^(?:do|does|did|is|are|was|were|should|can|could|will|would|what|why|how|which|has|have|who|when|where)\b.*\?$"
)
_CLAUSE = re.compile(
    r"[,;:()—–]|\s-\s|\s->|\s→"
    r"|\b(?:but|and|while|which|because|since|however|although|though|so(?! that)|therefore|then|also)\b"
)
_ALL = re.compile(r"\b(?:all|every|each|whole|full|entire|complete|everything|suites?|no regress\w*)\b")
_SHOULD = re.compile(r"\bshould(?:n't)?\b")


def is_claim(sentence: str) -> bool:
    """Whether a normalised sentence says, as a fact, that something was checked or came out well."""
    if _QUESTION.match(sentence):
        return False
    plain = _plain(sentence)
    if any(_stated(words, text) for words in (_ATTESTED, _ALONE) for text in (plain, sentence)):
        return True
    if not topics_of(sentence):
        return False
    return _stated(_GOOD, plain) or _stated(_COUNTED, sentence) or _stated(_RAN, plain)


def is_about_running(sentence: str) -> bool:
    """Whether the claim is only that something was run, not how it came out."""
    return bool(_RAN.search(_plain(sentence))) and not _GOOD.search(_plain(sentence)) and not _COUNTED.search(sentence)


def is_only_count(sentence: str) -> bool:
    """Whether the claim is only a number, of files, of added tests or of what failed, and not that all is well."""
    plain = _plain(sentence)
    return _stated(_COUNTED, sentence) and not any(_stated(words, plain) for words in (_GOOD, _RAN, _ATTESTED, _ALONE))


def is_about_all(sentence: str) -> bool:
    """Whether the claim is about everything of its kind, not about some of it."""
    return bool(
        re.search(r"\b(?:all|every|each|whole|full|entire|complete|everything|suites?|no regress\w*)\b", sentence)
    )


def has_selection(argv: Sequence[str]) -> bool:
    """Whether a test command was told to run only a part of the tests."""
    chosen = re.compile(r"(?:-k|-m|--lf|--last-failed|--sw|--deselect.*|--ignore.*)$|.*::|.*\.py$|[\w.{}-]+/.+")
    words = [word for word in argv if word != "-m" or "pytest" not in argv]
    start = next((place + 1 for place, word in enumerate(words) if word.endswith("pytest")), len(words))
    return any(chosen.match(word) for word in words[start:])


def is_attested(sentence: str) -> bool:
    """Whether the model vouches for it in person: `I verified …`, `tested manually`."""
    return _stated(_ATTESTED, sentence)


def _plain(sentence: str) -> str:
    return _NO_TROUBLE.sub(" :ok: ", sentence.replace("not only", " "))


def _stated(words: re.Pattern[str], sentence: str) -> bool:
    """Whether the words stand in a clause that is neither denied nor only planned."""
    # "should pass" is a hope that reads like a result; "should be run" is a plan.
    is_action = words in {_RAN, _ATTESTED}
    for match in words.finditer(sentence):
        start = max((stop.end() for stop in _CLAUSE.finditer(sentence, 0, match.start())), default=0)
        before, whole = sentence[start : match.start()].strip(), sentence[start : match.end()].strip()
        is_planned = _PLAN.search(before) or _PLAN.match(whole) or (is_action and _SHOULD.search(before))
        if not is_planned and not _NOT.search(before):
            return True
    return False
