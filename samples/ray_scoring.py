"""Scores Parquet files with an export on a Ray cluster: the columns to keep, and all outputs, as Parquet.

Every machine needs apps_rec, and the export under the same path.

Example:
    python samples/ray_scoring.py out/x/export/1796015882 data/appstore/eval.parquet -o out/ray_scores --local 2
    ray job submit -- python samples/ray_scoring.py /models/1796015882 s3://log/dt=2026-11-08 -o s3://scores/dt=2026-11-08
"""

from __future__ import annotations

import argparse
import sys

from apps_rec.serving import arrow_scorer


def main() -> None:
    """Reads the flags, scores and writes."""
    parser = argparse.ArgumentParser(description="Score Parquet files with an export on a Ray cluster.")
    parser.add_argument("export", help="folder of one version")
    parser.add_argument("rows", help="path of Parquet files, as Ray takes it")
    parser.add_argument("-o", "--output", required=True, help="folder of Parquet files")
    parser.add_argument("--keep", help="columns to copy, with commas; default: the config's keys and labels")
    parser.add_argument("--local", type=int, metavar="PROCESSES", help="run on this machine, without a cluster")
    flags = parser.parse_args()
    try:
        import ray
        import ray.data
    except ImportError:
        sys.exit("ray is missing: pip install 'apps_rec[ray]'")

    scorer = arrow_scorer(flags.export, flags.keep.split(",") if flags.keep else None)
    if flags.local:
        ray.init(num_cpus=flags.local, include_dashboard=False)
    rows = ray.data.read_parquet(flags.rows)
    if flags.local:
        # Ray reads small files as one block, which one process would score.
        rows = rows.repartition(flags.local)
    # Without a size, a block of Ray is a table to score.
    rows.map_batches(scorer, batch_format="pyarrow", batch_size=None).write_parquet(flags.output)
    ray.shutdown()


if __name__ == "__main__":
    main()
