"""Draws users, their sessions and their impressions, with the logits behind each impression."""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from apps_rec.simulation import world as w
from apps_rec.simulation.world import Array, Codes, Tastes, World

NUM_DAYS = 14
MAX_POSITION = 10
MAX_HISTORY = 20
MEAN_PAGE_LENGTH = 5.5
CACHED_SHARE = 0.04
SECONDS_PER_DAY = 86_400
# Weights of the hours of the day: quiet at night, a peak in the evening.
_HOUR_WEIGHTS = 1.0 + 0.85 * np.cos(2 * np.pi * (np.arange(24) - 20) / 24)
# A session has one or more pages, all on one day. The number of pages beyond the first has a variance of (1 + this)
# times its mean: most sessions end after one page, a few go on and on.
_MEAN_PAGES = 16 / 11
_PAGE_CLUMPING = 6.0
MEAN_SESSION_LENGTH = MEAN_PAGE_LENGTH * _MEAN_PAGES
_SESSION_CLUMPING = 2.0
_SECONDS_BETWEEN_PAGES = (20, 120)


@dataclass(frozen=True)
class Users:
    """Attributes of a run of users, `[U]` each."""

    first_user: int
    age_band: Codes
    gender: Codes
    country: Codes
    device_brand: Codes
    memory: Codes
    num_installed: Codes
    history: Codes  # [sum of lengths], app ids, latest first
    history_offsets: Codes  # [U + 1]
    history_unknown: NDArray[np.bool_]  # the list is null in the log: the store does not know it
    sessions: Codes

    @property
    def count(self) -> int:
        """Returns the number of users."""
        return len(self.age_band)


@dataclass(frozen=True)
class Impressions:
    """Impressions in the order of their time, `[N]` each. The logits lack the intercept."""

    user: Codes  # index into Users
    app: Codes
    position: Codes
    day: Codes
    second: Codes  # of the day
    network: Codes
    is_cached: NDArray[np.bool_]
    click_logit: Array  # the part that the columns tell
    download_logit: Array
    click_remainder: Array  # the part that they do not
    download_remainder: Array

    def where(self, keep: NDArray[np.bool_]) -> "Impressions":
        """Returns the impressions for which `keep` holds."""
        return Impressions(**{field.name: getattr(self, field.name)[keep] for field in fields(self)})


def draw_users(rng: np.random.Generator, world: World, first_user: int, count: int, mean_sessions: float) -> Users:
    """Draws users. Their attributes and installed apps carry their lasting tastes."""
    age_band = rng.choice(len(w.AGE_BANDS), size=count, p=w.AGE_SHARES)
    country_shares = 1.0 / (np.arange(len(w.COUNTRIES)) + 2.0)
    brand_shares = 1.0 / (np.arange(len(w.BRANDS)) + 3.0)
    segment = _draw_rows(rng, world.segment_by_age, age_band)
    num_installed = 1 + rng.negative_binomial(2, 0.05, size=count)
    length = np.where(rng.random(count) < 0.05, 0, np.minimum(1 + num_installed // 5, MAX_HISTORY))
    history_unknown = rng.random(count) < 0.05
    length[history_unknown] = 0
    owner = np.repeat(np.arange(count), length)
    category = _draw_rows(rng, world.segment_categories, segment[owner])
    return Users(
        first_user=first_user,
        age_band=age_band,
        gender=rng.choice(len(w.GENDERS), size=count, p=w.GENDER_SHARES),
        country=rng.choice(len(w.COUNTRIES), size=count, p=country_shares / country_shares.sum()),
        device_brand=rng.choice(len(w.BRANDS), size=count, p=brand_shares / brand_shares.sum()),
        memory=rng.choice(len(w.MEMORY_GB), size=count, p=w.MEMORY_SHARES),
        num_installed=num_installed,
        history=_draw_apps_of(rng, world, category),
        history_offsets=np.concatenate([[0], np.cumsum(length)]),
        history_unknown=history_unknown,
        sessions=1 + _clumped_counts(rng, mean_sessions - 1.0, _SESSION_CLUMPING, count),
    )


@dataclass(frozen=True)
class _Sessions:
    """Sessions, `[S]` each: their users and times, and the effects that no column shows."""

    user: Codes
    day: Codes
    start: Codes  # second of the day at which the first page is shown, before it is moved away from midnight
    network: Codes
    pages: Codes
    click_mood: Array
    download_mood: Array
    click_taste: Array  # [S, K]
    download_taste: Array


@dataclass(frozen=True)
class Visits:
    """The pages that users see, `[P]` each, without what stands on them."""

    sessions: _Sessions
    page_session: Codes
    page_second: Codes  # of the day

    @property
    def page_user(self) -> Codes:
        """Returns the user of each page, as an index into Users."""
        return self.sessions.user[self.page_session]

    @property
    def page_time(self) -> Codes:
        """Returns the second of each page from the first midnight on."""
        return self.sessions.day[self.page_session] * SECONDS_PER_DAY + self.page_second


def draw_impressions(rng: np.random.Generator, world: World, users: Users) -> Impressions:
    """Draws each user's sessions and the pages of apps in them, better known apps first."""
    visits = draw_visits(rng, world, users)
    page, app = draw_apps(rng, world, users, visits.page_user, draw_page_lengths(rng, len(visits.page_session)))
    # Pages are sorted by a noisy popularity, so that position and app are confounded as in a real log.
    rank_score = np.log(world.apps.popularity[app]) + rng.normal(size=len(app))
    order = np.lexsort((-rank_score, page, visits.page_time[page]))
    shown = impressions_of(world, users, visits, page[order], app[order])
    return replace(shown, is_cached=rng.random(len(app)) < CACHED_SHARE)


def draw_visits(rng: np.random.Generator, world: World, users: Users) -> Visits:
    """Draws each user's sessions, and when their pages are seen."""
    sessions = _draw_sessions(rng, world, users)
    page_session = np.repeat(np.arange(len(sessions.user)), sessions.pages)
    return Visits(sessions, page_session, _page_seconds(rng, sessions, page_session))


def impressions_of(world: World, users: Users, visits: Visits, page: Codes, app: Codes) -> Impressions:
    """Returns the impressions of apps that stand on pages; none of them comes from a cache.

    Args:
        world: store.
        users: users.
        visits: their pages.
        page: page of each impression, `[N]`; those of a page follow one another, the first position first.
        app: app of each impression, `[N]`.
    """
    sessions = visits.sessions
    session, second = visits.page_session[page], visits.page_second[page]
    user, day, network = sessions.user[session], sessions.day[session], sessions.network[session]
    position = _position_in_run(page)
    click_logit, download_logit = _known_logits(world, users, user, app, position, second // 3600, day, network)
    vector = world.app_vectors[app]
    return Impressions(
        user=user,
        app=app,
        position=position,
        day=day,
        second=second,
        network=network,
        is_cached=np.zeros(len(app), bool),
        click_logit=click_logit,
        download_logit=download_logit,
        click_remainder=sessions.click_mood[session] + np.einsum("nk,nk->n", sessions.click_taste[session], vector),
        download_remainder=sessions.download_mood[session]
        + np.einsum("nk,nk->n", sessions.download_taste[session], vector),
    )


def _draw_sessions(rng: np.random.Generator, world: World, users: Users) -> _Sessions:
    """Draws when users come, how long they stay and the mood they are in."""
    user = np.repeat(np.arange(users.count), users.sessions)
    count = len(user)
    day_weights = np.where(np.arange(NUM_DAYS) % 7 >= 5, 1.25, 1.0)
    is_setting_up = rng.random(count) < w.SETUP_SHARE
    click_taste, download_taste = w.correlated_normals(rng, (count, w.TASTE_DIM), world.correlation)
    return _Sessions(
        user=user,
        day=rng.choice(NUM_DAYS, size=count, p=day_weights / day_weights.sum()),
        start=rng.choice(24, size=count, p=_HOUR_WEIGHTS / _HOUR_WEIGHTS.sum()) * 3600 + rng.integers(3600, size=count),
        network=rng.choice(len(w.NETWORKS), size=count, p=w.NETWORK_SHARES),
        pages=1 + _clumped_counts(rng, _MEAN_PAGES - 1.0, _PAGE_CLUMPING, count),
        click_mood=w.SETUP_LOGIT * is_setting_up + w.ACTIVITY_STDDEV * rng.normal(size=count),
        download_mood=w.INTENT_STDDEV * rng.normal(size=count),
        click_taste=w.TASTE_STDDEV * click_taste,
        download_taste=w.TASTE_STDDEV * download_taste,
    )


def _page_seconds(rng: np.random.Generator, sessions: _Sessions, page_session: Codes) -> Codes:
    """Returns the second of the day of each page. A session that would pass midnight starts earlier instead."""
    passed = np.cumsum(rng.integers(*_SECONDS_BETWEEN_PAGES, size=len(page_session)))
    last = np.cumsum(sessions.pages) - 1
    first = last - sessions.pages + 1
    start = np.minimum(sessions.start, SECONDS_PER_DAY - 1 - (passed[last] - passed[first]))
    return start[page_session] + passed - passed[first][page_session]


def _clumped_counts(rng: np.random.Generator, mean: float, clumping: float, size: int) -> Codes:
    """Draws counts with this mean and a variance of (1 + clumping) times the mean (negative binomial)."""
    return rng.poisson(rng.gamma(mean / clumping, clumping, size=size))


def _known_logits(
    world: World, users: Users, user: Codes, app: Codes, position: Codes, hour: Codes, day: Codes, network: Codes
) -> tuple[Array, Array]:
    """Returns the part of both logits that follows from the columns, without the intercepts."""
    apps = world.apps
    size = (np.log(apps.size_mb) - 4.2)[app]
    paid = (apps.price > 0)[app]
    cost = np.log1p(apps.price)[app]
    installed = (np.log1p(users.num_installed) - 3.3)[user]
    on_mobile = network != 0
    low_memory = (users.memory < 2)[user]
    click = _taste_logits(world, world.click, users, user, app)
    click += 0.15 * installed - 0.25 * cost
    click += -0.45 * np.log(position) + 0.25 * np.cos(2 * np.pi * (hour - 21) / 24) + 0.1 * (day % 7 >= 5)
    download = _taste_logits(world, world.download, users, user, app)
    download += 0.2 * installed - 0.5 * cost - 0.3 * paid
    download += -0.3 * size * on_mobile - 0.25 * size * low_memory - 0.2 * on_mobile
    return click, download


def _taste_logits(world: World, tastes: Tastes, users: Users, user: Codes, app: Codes) -> Array:
    """Adds the app's appeal, the user's main effects, and the product of the user's and the app's taste vectors."""
    attributes = {name: getattr(users, name) for name in w.ATTRIBUTE_SIZES}
    taste = sum(tastes.taste_tables[name][codes] for name, codes in attributes.items())  # [U, K]
    taste = taste + _history_mean(world, tastes, users)
    main = sum(tastes.main_effects[name][codes] for name, codes in attributes.items())  # [U]
    return tastes.appeal[app] + main[user] + np.einsum("nk,nk->n", taste[user], world.app_vectors[app])


def _history_mean(world: World, tastes: Tastes, users: Users) -> Array:
    """Returns the mean effect of the categories of each user's installed apps, `[U, K]`; zero for an empty list."""
    length = np.diff(users.history_offsets)
    owner = np.repeat(np.arange(users.count), length)
    told = tastes.history_table[world.apps.category[users.history]]
    total = np.stack([np.bincount(owner, told[:, k], minlength=users.count) for k in range(w.TASTE_DIM)], axis=1)
    return total / np.maximum(length, 1)[:, None]


def draw_page_lengths(rng: np.random.Generator, pages: int) -> Codes:
    """Draws how many apps stand on each page."""
    return 1 + rng.binomial(MAX_POSITION - 1, (MEAN_PAGE_LENGTH - 1) / (MAX_POSITION - 1), size=pages)


def draw_apps(
    rng: np.random.Generator, world: World, users: Users, page_user: Codes, page_length: Codes
) -> tuple[Codes, Codes]:
    """Draws apps for each page: popular ones, a third of the user's categories, none twice on a page.

    Args:
        rng: random numbers.
        world: store.
        users: users.
        page_user: user of each page, `[P]`.
        page_length: number of apps to draw for each page, `[P]`; what is drawn twice stands there once.

    Returns: page and app of each, `[N]`, by page and app.
    """
    page = np.repeat(np.arange(len(page_length)), page_length)
    user = page_user[page]
    app = rng.choice(w.NUM_APPS, size=len(page), p=world.apps.popularity)
    length = np.diff(users.history_offsets)[user]
    from_history = (rng.random(len(page)) < 0.35) & (length > 0)
    picked = users.history_offsets[user] + (rng.random(len(page)) * length).astype(np.int64)
    category = world.apps.category[users.history[picked[from_history]]]
    app[from_history] = _draw_apps_of(rng, world, category)
    pairs = np.unique(page * w.NUM_APPS + app)
    return pairs // w.NUM_APPS, pairs % w.NUM_APPS


def _draw_apps_of(rng: np.random.Generator, world: World, category: Codes) -> Codes:
    """Draws one app of each given category, by popularity."""
    order = np.argsort(world.apps.category, kind="stable")
    cumulative = np.cumsum(world.apps.popularity[order])
    first = np.searchsorted(world.apps.category[order], np.arange(len(w.CATEGORIES)))
    last = np.searchsorted(world.apps.category[order], np.arange(len(w.CATEGORIES)), side="right") - 1
    low = np.concatenate([[0.0], cumulative])[first][category]
    high = cumulative[last][category]
    drawn = np.searchsorted(cumulative, low + rng.random(len(category)) * (high - low), side="right")
    # Rounding of the sum must not lead to the apps of the next category.
    return order[np.clip(drawn, first[category], last[category])]


def _draw_rows(rng: np.random.Generator, shares: Array, rows: Codes) -> Codes:
    """Draws a column of `shares` for each row number, by the shares in that row."""
    cumulative = np.cumsum(shares, axis=1)
    drawn = (rng.random(len(rows))[:, None] > cumulative[rows]).sum(axis=1)
    return np.minimum(drawn, shares.shape[1] - 1)


def _position_in_run(page: Codes) -> Codes:
    """Counts 1, 2, 3, ... within each run of equal neighbours."""
    if len(page) == 0:
        return page
    start = np.flatnonzero(np.concatenate([[True], page[1:] != page[:-1]]))
    lengths = np.diff(np.concatenate([start, [len(page)]]))
    return np.arange(len(page)) - np.repeat(start, lengths) + 1
