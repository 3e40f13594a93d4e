"""Builds the Arrow tables of the log and of its truth from drawn impressions."""

import numpy as np
import pyarrow as pa

from apps_rec.simulation import world as w
from apps_rec.simulation.impressions import SECONDS_PER_DAY, Impressions, Users
from apps_rec.simulation.probabilities import TRUTH_COLUMNS
from apps_rec.simulation.world import Array, Codes, World

# Monday 2024-03-04 00:00:00 UTC.
FIRST_SECOND = 1_709_510_400
_SIZE_UNKNOWN_SHARE = 0.03

LOG_SCHEMA = pa.schema(
    [
        ("impression_id", pa.int64()),
        ("user_id", pa.int64()),
        ("event_time", pa.int64()),
        ("age_band", pa.string()),
        ("gender", pa.string()),
        ("country", pa.string()),
        ("device_brand", pa.string()),
        ("memory_gb", pa.float32()),
        ("num_installed", pa.int32()),
        ("installed_apps", pa.list_(pa.int64())),
        ("app_id", pa.int64()),
        ("category", pa.string()),
        ("developer", pa.string()),
        ("size_mb", pa.float32()),
        ("rating", pa.float32()),
        ("price", pa.float32()),
        ("app_age_days", pa.int32()),
        ("hour", pa.int32()),
        ("weekday", pa.int32()),
        ("network", pa.string()),
        ("position", pa.int32()),
        ("is_cached", pa.int32()),
        ("click", pa.int32()),
        ("download", pa.int32()),
    ]
)

TRUTH_SCHEMA = pa.schema([("impression_id", pa.int64()), *((name, pa.float64()) for name in TRUTH_COLUMNS)])


def log_table(
    rng: np.random.Generator,
    world: World,
    users: Users,
    impressions: Impressions,
    first_impression: int,
    labels: tuple[Codes, Codes],
) -> pa.Table:
    """Builds the log as a store would keep it: names for codes, nulls where nothing is known."""
    user, app, apps = impressions.user, impressions.app, world.apps
    rows = len(user)
    size_unknown = rng.random(rows) < _SIZE_UNKNOWN_SHARE
    histories = pa.ListArray.from_arrays(
        pa.array(users.history_offsets, pa.int32()),
        pa.array(users.history, pa.int64()),
        mask=pa.array(users.history_unknown),
    )
    developers = tuple(f"studio_{number:02d}" for number in range(w.NUM_DEVELOPERS))
    columns = {
        "impression_id": first_impression + np.arange(rows),
        "user_id": users.first_user + user,
        "event_time": FIRST_SECOND + impressions.day * SECONDS_PER_DAY + impressions.second,
        "age_band": _names(w.AGE_BANDS, users.age_band[user]),
        "gender": _names(w.GENDERS, users.gender[user]),
        "country": _names(w.COUNTRIES, users.country[user]),
        "device_brand": _names(w.BRANDS, users.device_brand[user]),
        "memory_gb": np.array(w.MEMORY_GB)[users.memory[user]],
        "num_installed": users.num_installed[user],
        "installed_apps": histories.take(pa.array(user)),
        "app_id": app,
        "category": _names(w.CATEGORIES, apps.category[app]),
        "developer": _names(developers, apps.developer[app]),
        "size_mb": pa.array(apps.size_mb[app].astype(np.float32), mask=size_unknown),
        "rating": pa.array(apps.rating[app].astype(np.float32), mask=np.isnan(apps.rating[app])),
        "price": apps.price[app],
        "app_age_days": apps.age_days[app] + impressions.day,
        "hour": impressions.second // 3600,
        "weekday": impressions.day % 7,
        "network": _names(w.NETWORKS, impressions.network),
        "position": impressions.position,
        "is_cached": impressions.is_cached.astype(np.int64),
        "click": labels[0],
        "download": labels[1],
    }
    return pa.table([_column(columns[field.name], field.type) for field in LOG_SCHEMA], schema=LOG_SCHEMA)


def truth_table(log: pa.Table, truth: dict[str, Array]) -> pa.Table:
    """Puts the true probabilities beside the impression that they belong to."""
    return pa.table([log["impression_id"], *(pa.array(truth[name]) for name in TRUTH_COLUMNS)], schema=TRUTH_SCHEMA)


def _column(values: pa.Array | np.ndarray, kind: pa.DataType) -> pa.Array:
    """Returns the values as an Arrow array of this type."""
    return values if isinstance(values, pa.Array) else pa.array(values).cast(kind, safe=False)


def _names(names: tuple[str | None, ...], codes: Codes) -> pa.Array:
    """Looks up the name of each code. None among the names becomes a null."""
    return pa.array(names, pa.string()).take(pa.array(codes))
