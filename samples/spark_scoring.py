"""Scores Parquet files with an export on a Spark cluster: the columns to keep, and all outputs, as Parquet.

Every machine needs apps_rec, and the export under the same path.

Example:
    python samples/spark_scoring.py out/x/export/1796015882 data/appstore/eval.parquet -o out/spark_scores --local 2
    spark-submit samples/spark_scoring.py /models/1796015882 hdfs:///log/dt=2026-11-08 -o hdfs:///scores/dt=2026-11-08
"""

from __future__ import annotations

import argparse
import os
import sys

from apps_rec.serving import arrow_scorer


def main() -> None:
    """Reads the flags, scores and writes."""
    parser = argparse.ArgumentParser(description="Score Parquet files with an export on a Spark cluster.")
    parser.add_argument("export", help="folder of one version")
    parser.add_argument("rows", help="path of Parquet files, as Spark takes it")
    parser.add_argument("-o", "--output", required=True, help="folder of Parquet files; there must be none yet")
    parser.add_argument("--keep", help="columns to copy, with commas; default: the config's keys and labels")
    parser.add_argument("--local", type=int, metavar="PROCESSES", help="run on this machine, without a cluster")
    flags = parser.parse_args()
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        sys.exit("pyspark is missing: pip install 'apps_rec[spark]'")

    scorer = arrow_scorer(flags.export, flags.keep.split(",") if flags.keep else None)
    builder = SparkSession.builder.appName("apps_rec")
    if flags.local:
        # Spark would take the first python3 of the PATH.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.master(f"local[{flags.local}]").config("spark.ui.enabled", "false")
    spark = builder.getOrCreate()
    rows = spark.read.parquet(flags.rows)
    # Spark asks for the schema beforehand. It makes one of an empty Arrow table.
    schema = scorer.schema(rows.limit(0).toArrow().schema)
    scores = rows.mapInArrow(scorer, spark.createDataFrame(schema.empty_table()).schema)
    scores.write.parquet(flags.output)
    spark.stop()


if __name__ == "__main__":
    main()
