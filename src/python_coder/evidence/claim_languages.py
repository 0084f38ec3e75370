# src/python_coder/evidence/claim_languages.py — what other languages say of checks, in the English words of the claims
"""Only the words with which people claim, deny or plan a check are turned into English; the rest stays as it was.

That is enough to judge a sentence, and no more: the result is never shown to anybody.
"""

import re

_WORDS: tuple[tuple[str, str], ...] = (
    # Denials of trouble come first, since their parts mean something else alone.
    (
        r"\b(?:keine?n?|ohne|null|aucune?s?|sans|z[ée]ro|sin|ning[úu]na?|sem|nenhuma?|senza|nessun\w*|geen|zonder|bez|inga"
        r"|ingen|uten|uden|utan|без)(?: \w+)? (?:fehler\w*|fehlschl\w+|warnung\w*|erreurs?|[ée]checs?|avertissements?"
        r"|errores|error|fallos?|erros?|falhas?|errori|errore|fouten|b[łl][ęe]d[óo]w|fel|fejl|feil|ошибок|regression\w*)",
        "no errors",
    ),
    (r"ошибок нет|нет ошибок|ошибок не \w+|\bhatas[ıi]z\w*", "no errors"),
    (r"(?:没有|沒有|无|無|零)(?:任何|发现)?(?:错误|錯誤|失败|失敗|问题|警告|回归)", " no errors "),
    (
        r"(?:エラー|失敗|問題|警告)(?:は|が|も)?(?:なし|無し|ありません|ない)"
        r"|(?:오류|에러|실패|문제)(?:가|는|도)? ?없\w*",
        " no errors ",
    ),
    (
        r"\b(?:sollten?|m[üu]ss(?:en|t?e?n?)|muss|bitte|doi(?:t|vent)|devrai(?:t|ent)|veuillez|deben?|deber[íi]an?|devem?|devono?"
        r"|moeten|powinny|falls|wenn|должн\w+|нужно|надо|если)\b",
        "must",
    ),
    (
        r"\b(?:(?:[üu]ber)?pr[üu]f(?:t|en)|stell(?:t|en) sicher|v[ée]rifi(?:e|ent)|comprueban?|verifican?|verificam"
        r"|verificano|controleren|garantizan?|dass|sprawdzaj[ąa]|провер(?:яют|яет))\b|验证|確認する|검증하는",
        "asserting",
    ),
    (r"应该|应当|需要|必须|请|如果|してください|べき|必要|하세요|해야", " must "),
    (r"\bn'(?=[ée]chou)", ""),
    (
        r"\bn'|\b(?:nicht|nie|ne|n[ãa]o|niet|inte|ikke|не|non(?= )"
        r"|no(?= (?:pasan|pasaron|se|he|fueron|han|fallan?)\b))\b",
        "not ",
    ),
    (r"(?:没有|沒有|尚未|还没|未|不能|无法)", " not "),
    (r"^(?=.*(?:ません|なかった|ていない|않|못했|지 못))", "not "),
    (
        r"\b(?:alle[rsnm]?|s[äa]mtliche\w*|tou(?:s|tes)|todos|todas|tutt[ie]|wszystkie|alla|t[üu]m|b[üu]t[üu]n|все|всі)\b",
        "all",
    ),
    (r"所有|全部|全都|全て|すべて|모든|모두|전부|جميع|كل|सभी", " all "),
    (
        r"\b(?:testsuite|testl[äa]ufe?|testf[äa]lle|testes|pruebas|essais|testy|test[óo]w"
        r"|(?<=all )tester|tester(?:na|ne)|testene|testler\w*|тест(?:ы|ов|а|ам|ами)?)\b",
        "tests",
    ),
    (r"测试|測試|テスト|테스트|(?:ال)?اختبارات|टेस्ट", " tests "),
    (r"\b(?:test)?abdeckung\b|\b(?:couverture|cobertura|copertura|dekking|покрытие)\b|覆盖率|カバレッジ", " coverage "),
    (
        r"\b(?:gr[üu](?:e?n)(?:e[rsnm]?)?|gruen|vert(?:e?s)?|verdes?|verdi|groen|zielon[ea]|gr[öø]nn?[ae]?|ye[şs]il|зел[её]н\w+)\b",
        "green",
    ),
    (
        r"\b(?:bestanden|best(?:ehen|eht)(?! (?:aus|auf|darauf)\b)"
        r"|(?:laufen|l[äa]uft|liefen|lief)(?: \w+){0,2} durch|durchgelaufen|erfolgreich"
        r"|fehlerfrei|fehlerlos|passent|pass[ée]s|r[ée]uss(?:issent|is|ies?|it|i)|pasan|pasaron|aprobad[oa]s|superad[oa]s"
        r"|exitosa?s?|exitosamente|passam|passaram|passando|aprovad[oa]s|passano|superati|riusciti|slagen|slaagden|geslaagd"
        r"|przechodz[ąa]|przesz[łl]y|zaliczone|pomy[śs]lnie|g[åa]r igenom|passerar|godk[äa]nda|best[åa]r|best[åa]tt"
        r"|ge[çc]ti|ge[çc]iyor|ba[şs]ar[ıi]l[ıi]|проход[ия]т|прошл[иоа]|пройден\w*|успешн\w+)\b",
        "pass",
    ),
    (r"(?:都|均|全部|all|已|已经)\s*(?:通过|通過|成功)|(?:通过|通過)(?=了|率|\s*$|[。！!.，,；;）)])", " pass "),
    (r"合格|パス(?=し)|通り(?=ま)|通過|成功|통과|성공|نجحت|ناجحة|اجتازت|पास", " pass "),
    (r"\b(?:fallan?|fallaron|[ée]chou(?:e|ent)|falham?|falliscono|schlagen fehl)\b", "fail"),
    (r"\b(?:aucune?|ning[úu]na?|nenhum|nessun|kein)\b", "no"),
    (r"\b(?:j'ai|ich habe|wir haben|ik heb|he(?= (?:probado|verificado|comprobado|ejecutado)))\b", "i have"),
    (
        r"\b(?:ge(?:testet|pr[üu]ft)|verifiziert|[üu]berpr[üu]ft|v[ée]rifi(?:é|ée|és|ées)|test(?:é|ée|és|ées)|verificad[oa]s?"
        r"|probad[oa]s?|comprobad[oa]s?|verificat[oaie]|testat[oaie]|testad[oa]s?|getest|провер(?:ен|ил)\w*|протестирован\w*)\b",
        "verified",
    ),
    (
        r"(?:已|我)asserting|已验证|验证过|验证了|已测试|(?:確認|検証)(?:しました|済み)|(?:검증|확인)했\w*",
        " i have verified ",
    ),
    (r"\b(?:lokal|localement|localmente|локально)\b|本地", " locally "),
    (r"\b(?:manuell|von hand|manuellement|manualmente|вручную)\b|手动|手動", " manually "),
    (r"\b(?:ausgef[üu]hrt|ex[ée]cut[ée]e?s?|ejecutad[oa]s?|executad[oa]s|eseguit[oie]|uitgevoerd)\b", "executed"),
)
_TABLE = tuple((re.compile(pattern, re.IGNORECASE), english) for pattern, english in _WORDS)


def in_english(sentence: str) -> str:
    """A sentence with the words for tests, results, denials and plans turned into English."""
    for pattern, english in _TABLE:
        sentence = pattern.sub(english, sentence)
    return sentence
