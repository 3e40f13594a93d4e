"""Names of all of Unicode, drawn at random: `draw_names(random.Random(seed))` never ends."""

import keyword
import random
import unicodedata
from collections.abc import Iterator

_PLAIN = "abcxyzABCXYZ0123456789_"
_ALPHABETS = (
    _PLAIN,
    _PLAIN + " ./\\:-'\"`%,;=|#@!?*()[]{}<>&$^~+",
    "aé" + "".join(map(chr, range(0x300, 0x370))),
    "אבגדابتث\u200e\u200f\u202e\u2067 1",
    "用户编号应用大小ひらカナ한글 ",
    "🛒🎮👩\u200d💻🇩🇪\ufe0f\U000e0067",
    "ıİiIşŞğßẞſ",
    "ﬁﬂﬀﬆĳǅℌＡＢａ①ª",
    "\u00a0\u00ad\u200b\u2003\u3000\ufeffab",
)
_WORDS = (
    *(
        "",
        " ",
        ".",
        "..",
        "../../up",
        "/etc/passwd",
        "C:\\x",
        "~",
        "%s",
        "%2e",
        "{0}",
        "$HOME",
        "None",
        "self",
        "_",
        "__",
    ),
    *("1st", "9", "-1", "1e5", "nan", "true", "null", "con", "a=b", "a,b", "<a>", "name:0", "^name", "a/b:0", "-o"),
    *("user", "click", "weights", "examples", "order", "score", "rank", "rank_packed", "probs_ctr", "serving_default"),
    *("x" * 1000, "x" * 1001, "é" * 1000, "🛒" * 1000, "a" * 120, "a" * 121, "ctcvr", "l2", "training", "ctr_masked"),
)


def draw_names(draw: random.Random) -> Iterator[str]:
    """Draws names, many of them like the one before: equal by case, as NFKC, or once spaces are gone."""
    before = "a.b"
    while True:
        kind = draw.random()
        if kind < 0.3:
            before = draw.choice(_relatives(before))
        elif kind < 0.4:
            before = draw.choice((*_WORDS, *keyword.kwlist))
        elif kind < 0.45:
            # Most of them are control characters, which `check` refuses.
            before = "a" + chr(draw.choice((*range(0x20), *range(0x7F, 0xA1), 0x2028, 0x2029))) + "b"
        elif kind < 0.6:
            before = "".join(_any_character(draw) for _ in range(draw.randrange(1, 30)))
        else:
            alphabet = draw.choice(_ALPHABETS)
            before = "".join(draw.choice(alphabet) for _ in range(draw.randrange(1, 20)))
        yield before


def _any_character(draw: random.Random) -> str:
    """Any that a file of UTF-8 holds."""
    code = draw.randrange(0x20, 0x110000 - 0x800)
    return chr(code if code < 0xD800 else code + 0x800)


def _relatives(name: str) -> list[str]:
    forms = [unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    plain = "".join(char if char.isalnum() else "_" for char in name)
    return [*forms, plain, name.swapcase(), name.upper(), name.lower(), f"{name} ", f"_{name}", f"{name}_1", f"1{name}"]
