"""SQL as it is typed: which parts of a line are what, and which words can go on from the cursor."""

import re
from collections.abc import Iterator, Mapping, Sequence

_KEYWORDS = (
    "select from where group by order having limit offset join left inner outer cross on using as and or not in "
    "is null like glob between exists case when then else end distinct union all except intersect with recursive "
    "values asc desc over partition"
)
_RARE = (
    "rows range preceding following current row cast collate escape filter explain natural materialized window nulls "
    "first last"
)
_FUNCTIONS = (
    "abs avg ceil coalesce count date datetime exp floor group_concat iif ifnull instr json_each json_extract "
    "json_tree julianday length ln log lower max min nullif power printf rank replace round row_number sqrt "
    "strftime substr sum total trim typeof unixepoch upper"
)
COMMON, FUNCTIONS = _KEYWORDS.split(), _FUNCTIONS.split()
KEYWORDS = [*COMMON, *_RARE.split()]
STYLES = {"keyword": "bold cyan", "function": "yellow", "text": "green", "number": "magenta", "comment": "dim"}
_TOKENS = re.compile(
    r"(?P<comment>--.*|/\*.*?(?:\*/|$))|(?P<text>'(?:[^']|'')*'?)|(?P<name>\"[^\"]*\"?)"
    r"|(?P<number>\b\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\b)|(?P<word>[A-Za-z_]\w*)"
)
_WORD = re.compile(r"[\w.]*$")
_FROM = re.compile(r"\b(?:from|join|,)\s+(\w+)(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)
_WANTS_TABLE = re.compile(r"\b(?:from|join)\s+\w*$", re.IGNORECASE)
_WANTS_VALUE = re.compile(
    r"(?:\b(?:select|distinct|where|and|or|not|on|by|having|when|then|else|between|like)\s|[,(=<>+/-]) *\w*$",
    re.IGNORECASE,
)

Tables = Mapping[str, Sequence[str]]  # the columns of each table and view


def styled_parts(line: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, style) of what stands out in one line."""
    for match in _TOKENS.finditer(line):
        kind = str(match.lastgroup)
        if kind == "word":
            word = match[0].lower()
            called = line[match.end() :].lstrip().startswith("(")
            kind = "function" if word in FUNCTIONS and called else "keyword" if word in KEYWORDS else ""
        if kind in STYLES:
            yield match.start(), match.end(), STYLES[kind]


def completions(sql: str, before: str, tables: Tables) -> list[str]:
    """Words that begin as the one before the cursor does, the likeliest first. sql: all of it; before: up to there."""
    if before.count("'") % 2:
        return []
    match = _WORD.search(before)
    typed = match[0] if match else ""
    head, dot, start = typed.rpartition(".")
    if dot:
        found = list(tables.get(aliases(sql, tables).get(head.casefold(), ""), ()))
    elif not typed:
        return []
    elif _WANTS_TABLE.search(before):
        found = list(tables)
    else:
        used = dict.fromkeys(aliases(sql, tables).values())
        columns = [column for table in used for column in tables[table]]
        others = [column for table in tables for column in tables[table]]
        if _WANTS_VALUE.search(before):
            found = [*(columns or others), *FUNCTIONS, *COMMON, *tables, *KEYWORDS, *others]
        else:
            found = [*COMMON, *columns, *tables, *FUNCTIONS, *KEYWORDS, *others]
    return [word for word in dict.fromkeys(found) if word.casefold().startswith(start.casefold()) and word != start]


def aliases(sql: str, tables: Tables) -> dict[str, str]:
    """The table behind each name that the SQL uses for one."""
    found = {}
    for table, alias in _FROM.findall(sql):
        if table in tables:
            found[table.casefold()] = table
            if alias and alias.lower() not in KEYWORDS:
                found[alias.casefold()] = table
    return found


def word_length(before: str) -> int:
    """Characters of the word before the cursor, without what is left of a dot."""
    match = _WORD.search(before)
    return len((match[0] if match else "").rpartition(".")[2])
