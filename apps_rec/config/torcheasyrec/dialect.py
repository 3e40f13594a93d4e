"""Recognition of TorchEasyRec's dialect."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable

from apps_rec.config.text.tokens import STRING, WORD, Token, tokenize
from apps_rec.config.text.values import snake_case

# Names that its configs cannot do without, in a message where neither EasyRec nor this package has them.
_MARKS = {
    "id_feature",
    "raw_feature",
    "combo_feature",
    "lookup_feature",
    "expr_feature",
    "match_feature",
    "sequence_id_feature",
    "sparse_optimizer",
    "dense_optimizer",
    "dataset_type",
    "fg_mode",
    "group_type",
    "expert_mlp",
    "binary_cross_entropy",
}
_OTHERS = {"feature_type", "optimizer_config", "wide_deep", "loss_type", "input_names"}


def is_torcheasyrecs(names: Collection[str]) -> bool:
    """Tells whether a config with these names of fields is one of TorchEasyRec's: most of its marks are."""
    marks, others = _MARKS.intersection(names), _OTHERS.intersection(names)
    return len(marks) >= 2 and len(marks) > len(others)


def is_torcheasyrecs_text(text: str, as_json: bool = False) -> bool:
    """Tells the same of the text of a config, or of well-formed JSON."""
    return is_torcheasyrecs(names_in(tokenize(text, as_json), as_json))


def names_in(tokens: Iterable[Token], as_json: bool = False) -> set[str]:
    """Returns the names of fields in a text, as a proto writes them."""
    kind = STRING if as_json else WORD
    found = {name.text for name, after in itertools.pairwise(tokens) if name.kind == kind and after.text in (":", "{")}
    return {snake_case(name) for name in found} if as_json else found


def redirection(name: str) -> str:
    """Returns what to do with such a config where one of this package is expected."""
    return (
        "this config is in TorchEasyRec's dialect, which no command reads as it stands. Write it in this package's"
        f" spelling with: apps-rec import-easyrec {name} -o my.config"
    )
