"""The operations that exports consist of. They compute on tensors, and touch no file, program or network."""

from __future__ import annotations

# Allowed in any graph: pure functions of tensors, reads of tables and variables, and calls of the graph's functions.
_NUMBERS = """
    Abs Acos AccumulateNV2 Add AddN AddV2 All Any ArgMax ArgMin BatchMatMul BatchMatMulV2 BatchMatMulV3 BiasAdd
    Bincount Bitcast BitwiseAnd BitwiseOr BitwiseXor BroadcastArgs BroadcastTo Bucketize Cast Ceil CheckNumerics
    ClipByValue ConcatV2 Cos Cumprod Cumsum DenseBincount Div DivNoNan DynamicPartition DynamicStitch Einsum Elu
    Equal Erf Erfc Exp ExpandDims Expm1 Fill Floor FloorDiv FloorMod FusedBatchNormV3 Gather GatherNd GatherV2
    Greater GreaterEqual Invert InvertPermutation IsFinite IsInf IsNan L2Loss LeakyRelu LeftShift Less LessEqual Log
    Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr LowerBound MatMul Max Maximum Mean Min Minimum Mod Mul MulNoNan
    Neg NotEqual OneHot OnesLike Pack Pad PadV2 ParallelConcat ParallelDynamicStitch Pow Prod Range Rank RealDiv
    Reciprocal Relu Relu6 Reshape ReverseSequence ReverseV2 RightShift Rint Round Rsqrt ScatterNd Select SelectV2
    SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum Selu Shape ShapeN Sigmoid Sign Sin Size Slice Softmax
    Softplus Softsign Split SplitV Sqrt Square SquaredDifference Squeeze StopGradient StridedSlice Sub Sum Tan Tanh
    TensorScatterAdd TensorScatterUpdate Tile TopKV2 Transpose TruncateDiv TruncateMod Unique UniqueV2
    UniqueWithCounts UniqueWithCountsV2 Unpack UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd
    UnsortedSegmentSum UpperBound Where Xdivy Xlog1py Xlogy ZerosLike
"""
_RAGGED = """
    RaggedCross RaggedGather RaggedRange RaggedTensorToSparse RaggedTensorToTensor SparseFillEmptyRows SparseReorder
    SparseReshape SparseSegmentMean SparseSegmentSqrtN SparseSegmentSum SparseTensorDenseMatMul SparseToDense
"""
_TEXTS = """
    AsString DecodeProtoV2 DecodeRaw EncodeBase64 DecodeBase64 Fingerprint ParseExample ParseExampleV2
    RegexFullMatch RegexReplace StaticRegexFullMatch StaticRegexReplace StringJoin StringLength StringLower
    StringSplit StringSplitV2 StringStrip StringToHashBucket StringToHashBucketFast StringToHashBucketStrong
    StringToNumber StringUpper Substr UnicodeTranscode UnsortedSegmentJoin ReduceJoin
"""
_TABLES = "HashTableV2 LookupTableFindV2 LookupTableImportV2 LookupTableSizeV2"
_FLOW = """
    Assert Const EnsureShape Identity IdentityN If NoOp PartitionedCall Placeholder PlaceholderWithDefault
    PreventGradient ReadVariableOp ResourceGather ResourceGatherNd Snapshot StatefulPartitionedCall StatelessIf
    VarHandleOp
"""
COMPUTING = frozenset(f"{_NUMBERS} {_RAGGED} {_TEXTS} {_TABLES} {_FLOW}".split())
# Beginning that an attribute must have if it is given; else the operation would read a file.
BOUND = {"DecodeProtoV2": ("descriptor_source", (b"local://", b"bytes://"))}
CALLING = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
# Allowed in the function that the loader calls to fill the variables, and in the one to write them, which none calls.
RESTORING = COMPUTING | {"RestoreV2", "AssignVariableOp", "DisableCopyOnRead"}
SAVING = COMPUTING | {"SaveV2", "MergeV2Checkpoints", "ShardedFilename", "DisableCopyOnRead"}
