"""The fixed part of the simulated store: its apps, and the effect of each attribute and app on the two labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

NUM_APPS = 240
NUM_DEVELOPERS = 80
TASTE_DIM = 3
NUM_SEGMENTS = 10

CATEGORIES = (
    "games",
    "social",
    "video",
    "music",
    "tools",
    "finance",
    "health",
    "travel",
    "news",
    "education",
    "shopping",
    "photo",
    "éducation enfants",
    "金融理财",
    "игры для детей",
    "モバイルゲーム",
)
# If an attribute's column may be empty in the log, its last value means "not given". It is a value like any other.
AGE_BANDS = ("under_18", "18_24", "25_34", "35_44", "45_54", "55_up", None)
GENDERS = ("f", "m", None)
COUNTRIES = ("CN", "IN", "ID", "BR", "MX", "TR", "DE", "FR", "ES", "PL", "ZA", "EG")
BRANDS = ("north", "linden", "kestrel", "orbit", "mica", "søster", "tern", "other")
NETWORKS = ("wifi", "4g", "5g", None)
MEMORY_GB = (2, 3, 4, 6, 8, 12)

AGE_SHARES = np.array([0.07, 0.2, 0.27, 0.18, 0.12, 0.08, 0.08])
GENDER_SHARES = np.array([0.44, 0.46, 0.1])
NETWORK_SHARES = np.array([0.55, 0.3, 0.13, 0.02])
MEMORY_SHARES = np.array([0.08, 0.14, 0.26, 0.26, 0.18, 0.08])

# Effects that no column shows, in logits, drawn anew for each session. In one session of a hundred the user sets up a
# new device and clicks nearly everything. At a click rate of .004 and 8 impressions a user, these make the variance of
# downloads per user about 2.5 times the mean. A Gaussian that did so would drown the columns at higher rates.
SETUP_SHARE = 0.01
SETUP_LOGIT = 6.0
ACTIVITY_STDDEV = 0.8
INTENT_STDDEV = 0.5
TASTE_STDDEV = 0.4

_MAIN_EFFECT_STDDEV = 0.3
_APPEAL_STDDEV = 0.6
_CATEGORY_APPEAL_STDDEV = 0.45
_APP_DEVIATION = 0.2
_HISTORY_WEIGHT = 1.6
_TASTE_TABLE_STDDEV = {"age_band": 0.4, "gender": 0.35, "country": 0.1, "device_brand": 0.05}

ATTRIBUTE_SIZES = {
    "age_band": len(AGE_BANDS),
    "gender": len(GENDERS),
    "country": len(COUNTRIES),
    "device_brand": len(BRANDS),
}


@dataclass(frozen=True)
class Apps:
    """The log's columns of each app, `[A]` each, and the rate at which it is shown."""

    category: Codes
    developer: Codes
    size_mb: Array
    rating: Array  # NaN: not rated yet
    price: Array
    age_days: Codes
    popularity: Array


@dataclass(frozen=True)
class Tastes:
    """Latent numbers of one behaviour (click or download)."""

    appeal: Array  # [A]
    main_effects: dict[str, Array]  # attribute -> [V]
    taste_tables: dict[str, Array]  # attribute -> [V, K]
    history_table: Array  # [C, K], the taste that one installed app of a category tells


@dataclass(frozen=True)
class World:
    """Everything that is drawn once for a seed and does not depend on the number of users."""

    correlation: float
    apps: Apps
    app_vectors: Array  # [A, K]
    click: Tastes
    download: Tastes
    segment_categories: Array  # [S, C], shares of the categories that users of a segment install
    segment_by_age: Array  # [age bands, S]

    @property
    def click_stddev(self) -> Array:
        """Returns the standard deviation of the Gaussian remainder of the click logit, by app, `[A]`."""
        return np.sqrt(ACTIVITY_STDDEV**2 + self._taste_variance)

    @property
    def download_stddev(self) -> Array:
        """Returns the standard deviation of the Gaussian remainder of the download logit, by app, `[A]`."""
        return np.sqrt(INTENT_STDDEV**2 + self._taste_variance)

    @property
    def remainder_correlation(self) -> Array:
        """Returns the correlation of the two, by app, `[A]`. Tastes are correlated; activity and intent are not."""
        return self.correlation * self._taste_variance / (self.click_stddev * self.download_stddev)

    @property
    def _taste_variance(self) -> Array:
        return TASTE_STDDEV**2 * np.sum(self.app_vectors**2, axis=1)


def make_world(seed: int, correlation: float) -> World:
    """Draws the store for a seed. Two correlations of one seed share every draw and differ in the mix alone."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    apps = _draw_apps(rng)
    category_vectors = _unit_rows(rng.normal(size=(len(CATEGORIES), TASTE_DIM)))
    deviation = rng.normal(size=(NUM_APPS, TASTE_DIM)) * _APP_DEVIATION / np.sqrt(TASTE_DIM)
    click, download = _draw_tastes(rng, apps, category_vectors, correlation)
    return World(
        correlation=correlation,
        apps=apps,
        app_vectors=category_vectors[apps.category] + deviation,
        click=click,
        download=download,
        segment_categories=rng.dirichlet(np.full(len(CATEGORIES), 0.2), size=NUM_SEGMENTS),
        segment_by_age=rng.dirichlet(np.full(NUM_SEGMENTS, 1.0), size=len(AGE_BANDS)),
    )


def correlated_normals(rng: np.random.Generator, size: tuple[int, ...], correlation: float) -> tuple[Array, Array]:
    """Draws two arrays of standard normals, with this correlation in each pair of entries."""
    first = rng.normal(size=size)
    return first, correlation * first + np.sqrt(1.0 - correlation**2) * rng.normal(size=size)


def _draw_apps(rng: np.random.Generator) -> Apps:
    """Draws apps with a long tail of popularity, size and price. Every category has at least one."""
    category = np.concatenate(
        [np.arange(len(CATEGORIES)), rng.integers(len(CATEGORIES), size=NUM_APPS - len(CATEGORIES))]
    )
    popularity = 1.0 / (np.arange(NUM_APPS) + 15.0) ** 0.8
    price = np.where(rng.random(NUM_APPS) < 0.12, np.round(np.exp(rng.normal(0.8, 0.9, NUM_APPS)), 2), 0.0)
    rating = np.clip(np.round(rng.normal(4.1, 0.5, NUM_APPS), 1), 1.0, 5.0)
    return Apps(
        category=category,
        developer=rng.integers(NUM_DEVELOPERS, size=NUM_APPS),
        size_mb=np.exp(rng.normal(4.2, 1.0, NUM_APPS)).round(1),
        rating=np.where(rng.random(NUM_APPS) < 0.1, np.nan, rating),
        price=price,
        age_days=rng.integers(5, 2500, size=NUM_APPS),
        popularity=rng.permutation(popularity / popularity.sum()),
    )


def _draw_tastes(
    rng: np.random.Generator, apps: Apps, category_vectors: Array, correlation: float
) -> tuple[Tastes, Tastes]:
    """Draws the numbers of click and download. Every pair has the correlation that is asked for."""

    def pair(*size: int) -> tuple[Array, Array]:
        return correlated_normals(rng, size, correlation)

    category_appeal = pair(len(CATEGORIES))
    app_appeal = pair(NUM_APPS)
    main = {name: pair(size) for name, size in ATTRIBUTE_SIZES.items()}
    taste = {name: pair(size, TASTE_DIM) for name, size in ATTRIBUTE_SIZES.items()}
    other_vectors = _unit_rows(rng.normal(size=category_vectors.shape))
    # Clicks go to apps like the installed ones. Downloads do so only as far as the two tastes agree.
    history = (category_vectors, correlation * category_vectors + np.sqrt(1.0 - correlation**2) * other_vectors)
    rated = np.nan_to_num(apps.rating - 4.1, nan=-0.3)

    def one(side: int) -> Tastes:
        return Tastes(
            appeal=_CATEGORY_APPEAL_STDDEV * category_appeal[side][apps.category]
            + _APPEAL_STDDEV * app_appeal[side]
            + 0.3 * rated,
            main_effects={name: _MAIN_EFFECT_STDDEV * draws[side] for name, draws in main.items()},
            taste_tables={name: _TASTE_TABLE_STDDEV[name] * draws[side] for name, draws in taste.items()},
            history_table=_HISTORY_WEIGHT * history[side],
        )

    return one(0), one(1)


def _unit_rows(rows: Array) -> Array:
    """Divides each row by its length."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
