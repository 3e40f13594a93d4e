"""Verdicts on feature_configs."""

from apps_rec.config.easyrec.verdict import noted, refused
from apps_rec.config.torcheasyrec.fields import Row, flag, part, parts, real, text, whole

_EXPRESSION = "side and column; user: and context: stand once in a request to rank, item: once for each item"
_FG_ONLY = "read where fg_mode is FG_NONE, as its ids or its number"
_GROWS = refused("tables do not grow: write hash_bucket_size")
_DENSE = refused("a number has one learned vector: write mlp { }, or boundaries")
_SEQUENCE_FIELDS = refused("a sequence is one column: delete it")
_OWN_DEFAULT = "default_val of the column; an empty cell without one has an id of its own, where there it adds nothing"

# Types of features that a sequence is not made of.
_NOT_OF_SEQUENCES = (
    "combo_feature",
    "lookup_feature",
    "match_feature",
    "expr_feature",
    "overlap_feature",
    "tokenize_feature",
    "custom_feature",
    "kv_dot_product",
    "bool_mask_feature",
    "combine_feature",
)
_COMMON: dict[str, Row] = {
    "feature_name": text(),
    "embedding_name": text("features of one embedding_name share one table"),
    "embedding_dim": whole(),
    "pooling": text("combiner"),
    "separator": text("of the values in a cell; chr(29) by default, as there"),
    "init_fn": text("initializer: nn.init.uniform_, normal_, trunc_normal_, constant_, zeros_ and ones_"),
    "use_mask": refused("values are not masked while training: write false").unless(
        False, because="values are not masked"
    ),
    "fg_encoded_default_value": text("default_val of the column under FG_NONE"),
    "trainable": refused("write true, and freeze_gradient in the train_config of the new config").unless(
        True, because="tables are trained"
    ),
    "stub_type": refused("a feature is not an input of another one: write false").unless(
        False, because="every feature is one of the model's"
    ),
    "data_type": noted("tables are float32"),
    "embedding_constraints": noted("the strategy decides where tables lie"),
    "fg_value_type": noted("the type of the column says it"),
    "asset_dir": noted("paths start at the working directory"),
    "sequence_length": whole("max_seq_len"),
    "sequence_delim": text("separator of the sequence"),
    "sequence_fields": _SEQUENCE_FIELDS,
}
_IDS: dict[str, Row] = {
    "hash_bucket_size": whole("by another hash, so that a text has another id; a number of ids under FG_NONE"),
    "num_buckets": whole("a number outside has an id of its own behind them"),
    "vocab_list": text("a word outside has an id of its own; the first words of the table are not kept for it", True),
    "vocab_dict": parts("VocabEntry", "vocab_list, in the order of the ids, of which each word has its own"),
    "vocab_file": text("one word a line, perhaps with a tab and a count; a word outside has an id of its own"),
    "default_bucketize_value": noted("a word outside has an id of its own"),
    "zch": _GROWS,
    "dynamicemb": _GROWS,
}
_NUMBERS: dict[str, Row] = {
    "boundaries": real(is_list=True),
    "normalizer": text("zscore: mean and stddev. minmax: min_val and max_val. log10 and expression: an ExprFeature"),
    "autodis": _DENSE,
    "atd": _DENSE,
    "mlp": part("MLPEmbedding", "embedding_dim: the number times a learned vector"),
}
_ENCODED: dict[str, Row] = {**_COMMON, **_IDS, **_NUMBERS, "value_dim": whole(), "default_value": text(_OWN_DEFAULT)}


def _encoded(*others: str) -> dict[str, Row]:
    return {**_ENCODED, **dict.fromkeys(others, noted("it is of the feature generator, which has run already"))}


FEATURES: dict[str, dict[str, Row]] = {
    "FeatureConfig": {
        "id_feature": part("IdFeature", "IdFeature, or TagFeature where a cell holds several", "feature"),
        "raw_feature": part("RawFeature", "RawFeature", "feature"),
        "combo_feature": part("ComboFeature", "ComboFeature", "feature"),
        "lookup_feature": part("LookupFeature", "LookupFeature, or LookupRawFeature of numbers", "feature"),
        "expr_feature": part("ExprFeature", "ExprFeature", "feature"),
        "match_feature": part("MatchFeature", _FG_ONLY, "feature"),
        "overlap_feature": part("OverlapFeature", _FG_ONLY, "feature"),
        "tokenize_feature": part("TokenizeFeature", _FG_ONLY, "feature"),
        "custom_feature": part("CustomFeature", _FG_ONLY, "feature"),
        "kv_dot_product": part("KvDotProduct", _FG_ONLY, "feature"),
        "bool_mask_feature": part("BoolMaskFeature", _FG_ONLY, "feature"),
        "combine_feature": part("CombineFeature", _FG_ONLY, "feature"),
        "sequence_feature": part("SequenceFeature", "a SequenceFeature for each of its features", "feature"),
        "sequence_id_feature": part("IdFeature", "SequenceFeature", "feature"),
        "sequence_raw_feature": part("RawFeature", "SequenceFeature of numbers", "feature"),
        **dict.fromkeys(
            (f"sequence_{kind}" for kind in _NOT_OF_SEQUENCES),
            refused("a sequence is one column of ids or numbers: write it to the files, and sequence_id_feature"),
        ),
    },
    "IdFeature": {
        **_COMMON,
        **_IDS,
        "expression": text(_EXPRESSION),
        "value_dim": whole("0 written out: a cell holds several values; 1: one. Without it, one"),
        "default_value": text(_OWN_DEFAULT),
        "weighted": flag('kv_separator: ":"'),
    },
    "RawFeature": {
        **_COMMON,
        **_NUMBERS,
        "expression": text(_EXPRESSION),
        "value_dim": whole("raw_input_dim"),
        "default_value": text("default_val of the column"),
    },
    "MLPEmbedding": {},
    "VocabEntry": {"key": text("a word"), "value": whole("its id")},
    "ComboFeature": {
        **_COMMON,
        **_IDS,
        "expression": text(_EXPRESSION, is_list=True),
        "value_dim": noted("cells are single values, and lists where --lists names the column"),
        "default_value": text(_OWN_DEFAULT),
    },
    "LookupFeature": {
        **_COMMON,
        **_IDS,
        **_NUMBERS,
        "map": text("a column of pairs key:value, joined by chr(29)"),
        "key": text("a column of one key"),
        "combiner": text("of several keys there; here a cell holds one"),
        "need_discrete": noted("the options say whether it is ids or a number"),
        "need_key": refused("a value stands for itself, whatever its key: write false").unless(
            False, because="a value stands for itself"
        ),
        "value_dim": whole("0 or 1"),
        "value_separator": noted("a value is one number"),
        "default_value": text(
            "a key that the map lacks has the number 0, and no id; there it has the id of this value"
        ),
    },
    "ExprFeature": {
        **_COMMON,
        **_NUMBERS,
        "expression": text("&&, ||, ?: and functions are written as this package does"),
        "variables": text(_EXPRESSION, is_list=True),
        "fill_missing": noted("columns are single numbers"),
        "value_dim": noted("an expression gives one number"),
        "default_value": text("default_val of the columns"),
    },
    "MatchFeature": _encoded("nested_map", "pkey", "skey", "need_discrete", "show_pkey", "show_skey", "combiner"),
    "OverlapFeature": _encoded("query", "title", "method"),
    "TokenizeFeature": _encoded("expression", "text_normalizer", "tokenizer_type"),
    "CustomFeature": _encoded(
        "expression", "operator_name", "operator_lib_file", "operator_params", "is_op_thread_safe"
    ),
    "KvDotProduct": _encoded("query", "document", "kv_delimiter"),
    "BoolMaskFeature": _encoded("expression"),
    "CombineFeature": _encoded("expression", "value_map", "combiner"),
    "SequenceFeature": {
        "sequence_name": text("in front of the names of its features and columns, with __"),
        "sequence_length": whole("max_seq_len"),
        "sequence_delim": text("separator"),
        "sequence_pk": noted("a request holds the columns themselves"),
        "features": parts("SeqFeatureConfig"),
    },
    "SeqFeatureConfig": {
        "id_feature": part("IdFeature", "SequenceFeature", "feature"),
        "raw_feature": part("RawFeature", "SequenceFeature of numbers", "feature"),
        **dict.fromkeys(
            _NOT_OF_SEQUENCES,
            refused(
                "a sequence is one column of ids or numbers: write these to the files, and id_feature or raw_feature"
            ),
        ),
    },
}
