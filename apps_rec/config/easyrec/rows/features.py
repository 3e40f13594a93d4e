"""Verdicts on feature_config."""

from apps_rec.config.easyrec.verdict import Verdict, noted, refused, used

_TEXT_CNN = refused(
    "sequences are averaged or weighted by attention: write mean { }, attention { } or target_attention { }"
)

FEATURES: dict[str, dict[str, Verdict]] = {
    "FeatureConfigV2": {
        "features": used(),
        "embedding_on_cpu": noted("the strategy decides where tables lie"),
    },
    "FeatureConfig": {
        "feature_name": used(),
        "input_names": used(),
        "feature_type": used(),
        "embedding_name": used("features of one embedding_name share one table"),
        "embedding_dim": used(),
        "hash_bucket_size": used("by another hash than EasyRec's, so that a text has another id"),
        "num_buckets": used("a number outside has an id of its own behind them; EasyRec gives it id 0"),
        "boundaries": used("of a SequenceFeature, with sub_feature_type: RawFeature"),
        "separator": used(),
        "kv_separator": used(),
        "seq_multi_sep": used("between the values of one step; separator divides the steps"),
        "max_seq_len": used("the default is 50; values behind it are left out"),
        "vocab_file": used("a word outside has an id of its own; EasyRec gives it that of the first word"),
        "vocab_list": used("a word outside has an id of its own; EasyRec gives it that of the first word"),
        "shared_names": used("a feature each, called like its column; one table with an embedding_name alone"),
        "lookup_max_sel_elem_num": used("values of a key behind it are left out; in EasyRec they end the run"),
        "max_partitions": noted("train_config.min_table_shard_bytes cuts tables over parameter servers"),
        "combiner": used("of a SequenceFeature with seq_multi_sep, within a step"),
        "initializer": used("of embeddings; first-order weights begin at 0, where EasyRec draws them so too"),
        "precision": used("of an IdFeature with hash_bucket_size; 15 at most, as a double has no more"),
        "min_val": used(),
        "max_val": used(),
        "normalizer_fn": used("log1p alone; no code is run from a config"),
        "raw_input_dim": used(
            "with embedding_dim, each number has a vector, and these are added; in EasyRec's sequences, each step has"
        ),
        "sequence_combiner": used(),
        "sub_feature_type": used(
            "IdFeature or RawFeature; numbers are cut, hashed by their texts, or read as they are, normalised by"
            " min_val and max_val"
        ),
        "sequence_length": used(
            "the max_seq_len where that is not given; nothing is padded to it, as there numbers are"
        ),
        "expression": used("by a grammar of its own; no code is run, columns are numbers, and & binds before |"),
        "ev_params": refused("tables of DeepRec's embedding variables do not grow here: delete it"),
        "combo_join_sep": used(),
        "combo_input_seps": used("the first max_seq_len crosses of a row are kept, 50 by default"),
    },
    "FeatureConfig.FeatureType": {
        "IdFeature": used(),
        "RawFeature": used(),
        "TagFeature": used(),
        "ComboFeature": used(),
        "LookupFeature": used("a map with a part that is no pair is a bad row; ids may be cuts or words too"),
        "SequenceFeature": used(),
        "ExprFeature": used("a number; with embedding_dim, times a learned vector"),
        "PassThroughFeature": refused("a number that goes into the model as it is has a type here: write RawFeature"),
    },
    "Initializer": {
        "truncated_normal_initializer": used(),
        "random_normal_initializer": used(),
        "glorot_normal_initializer": used("by the size of the feature's own table"),
        "constant_initializer": used(),
    },
    "TruncatedNormalInitializer": {"mean": used(), "stddev": used("of the normal before it is cut")},
    "RandomNormalInitializer": {"mean": used(), "stddev": used()},
    "ConstantInitializer": {"consts": used("one number; EasyRec fills a table with several")},
    "SequenceCombiner": {
        "attention": used(),
        "multi_head_attention": refused(
            "write mean { }, attention { } or target_attention { key: the candidate's feature }"
        ),
        "text_cnn": _TEXT_CNN,
    },
    "TextCNN": {
        "filter_sizes": _TEXT_CNN,
        "num_filters": _TEXT_CNN,
        "pad_sequence_length": _TEXT_CNN,
        "activation": _TEXT_CNN,
        "mlp": _TEXT_CNN,
    },
    "MLP": {
        "hidden_units": _TEXT_CNN,
        "dropout_ratio": _TEXT_CNN,
        "activation": _TEXT_CNN,
        "use_bn": _TEXT_CNN,
        "use_final_bn": _TEXT_CNN,
        "final_activation": _TEXT_CNN,
        "use_bias": _TEXT_CNN,
        "initializer": _TEXT_CNN,
        "use_bn_after_activation": _TEXT_CNN,
        "use_final_bias": _TEXT_CNN,
        "add_to_outputs": _TEXT_CNN,
    },
}
