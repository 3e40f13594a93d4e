"""Names of columns: their words, and what columns with such names mostly are."""

from __future__ import annotations

import re

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")

IDS = {
    "id",
    "ids",
    "uid",
    "uuid",
    "guid",
    "code",
    "key",
    "hash",
    "md5",
    "no",
    "imei",
    "idfa",
    "gaid",
    "sku",
    "编号",
    "编码",
    "号",
    "码",
}
ENTITIES = {
    *("user", "item", "app", "video", "author", "shop", "store", "brand", "category", "cate", "city", "region"),
    *(
        "country",
        "province",
        "ad",
        "campaign",
        "creative",
        "device",
        "developer",
        "publisher",
        "music",
        "tag",
        "product",
    ),
    *("goods", "member", "buyer", "seller", "customer", "model", "channel", "page", "scene", "tab", "slot", "query"),
    *("advertiser", "merchant", "topic", "genre", "language", "os", "network", "carrier", "type", "class", "level"),
    *("group", "segment", "zip", "postcode", "ip"),
}
# Words of numbers: an amount, a count, a length. They win over the words of ids.
AMOUNTS = {
    *("num", "count", "cnt", "counts", "amount", "amt", "sum", "total", "avg", "mean", "max", "min", "ratio", "rate"),
    *("share", "pct", "percent", "score", "price", "cost", "fee", "bid", "budget", "size", "len", "length", "width"),
    *(
        "height",
        "weight",
        "age",
        "days",
        "hours",
        "minutes",
        "seconds",
        "sec",
        "ms",
        "mb",
        "kb",
        "duration",
        "distance",
    ),
    *("lat", "lon", "lng", "latitude", "longitude", "income", "salary", "balance", "rank", "position", "year", "times"),
    *("rating", "stars", "installs", "downloads", "views", "clicks", "likes", "gain", "gains", "loss", "losses"),
    *("数", "数量", "次数", "价格", "金额", "年龄", "天数", "时长", "大小", "评分", "比例", "率"),
}
TIMES = {
    *("time", "timestamp", "ts", "datetime", "date", "day", "dt", "ds", "at", "时间", "日期"),
    *("timems", "timesec", "unixtime", "logtime", "eventtime"),
}
# A time that is not the row's own, but that of something in it.
OTHER_TIMES = {
    *("birth", "birthday", "upload", "register", "registration", "create", "created", "publish", "release", "signup"),
    *("expire", "update", "updated", "first", "last", "install", "click", "download", "purchase", "pay", "conversion"),
}
POSITIONS = {"position", "pos", "rank", "slot", "位置"}
SPLITS = {"split", "subset", "fold", "partition", "dataset", "usage"}
# Ids of a request or an event: new in every request, so that nothing is learned of one for the next.
EVENT_IDS = {
    "request",
    "req",
    "session",
    "trace",
    "log",
    "event",
    "impression",
    "imp",
    "exposure",
    "row",
    "record",
    "order",
}

# The first ones stand for their ids where no word of an id is behind them: user, app. A device is seldom one.
_BARE = 7
USERS = (
    *("user", "uid", "userid", "member", "customer", "visitor", "imei"),
    *("account", "buyer", "player", "viewer", "reader", "device", "idfa", "gaid", "oaid", "cookie"),
    *("用户", "会员", "客户"),
)
ITEMS = (
    *("item", "app", "video", "goods", "product", "sku", "movie"),
    *("spu", "song", "track", "news", "article", "doc", "book", "game", "ad", "creative", "listing", "post", "note"),
    *("feed", "content", "course", "job", "应用", "商品", "视频", "物品", "内容"),
)
CONTEXTS = {
    *(
        "hour",
        "weekday",
        "weekend",
        "hourmin",
        "minute",
        "network",
        "net",
        "wifi",
        "carrier",
        "device",
        "os",
        "platform",
    ),
    *(
        "browser",
        "client",
        "version",
        "page",
        "tab",
        "scene",
        "channel",
        "query",
        "keyword",
        "slot",
        "placement",
        "city",
    ),
    *("region", "province", "country", "location", "position", "pos", "today", "session", "referrer", "source"),
    *("小时", "星期", "网络", "场景", "渠道", "位置", "城市"),
}
# What a user does with what was shown.
EVENTS = {
    *("click", "clk", "clicked", "like", "liked", "follow", "followed", "comment", "commented", "forward", "forwarded"),
    *("share", "shared", "hate", "dislike", "report", "download", "downloaded", "install", "installed", "activate"),
    *("activated", "activation", "register", "registered", "purchase", "purchased", "buy", "bought", "pay", "paid"),
    *("payment", "cart", "addcart", "collect", "collected", "favorite", "favorited", "fav", "subscribe", "subscribed"),
    *("play", "played", "view", "viewed", "watch", "watched", "finish", "finished", "complete", "completed", "convert"),
    *(
        "converted",
        "conversion",
        "cvr",
        "ctr",
        "enter",
        "open",
        "opened",
        "uninstall",
        "dwell",
        "stay",
        "skip",
        "skipped",
    ),
    *("engage", "engaged", "engagement", "read", "order", "ordered", "booking", "booked", "reply", "save", "saved"),
    *("点击", "下载", "安装", "点赞", "关注", "评论", "分享", "收藏", "购买", "播放", "转化", "激活", "支付"),
}
# Words that may stand beside such an event without making it something else.
_BESIDE_EVENTS = {
    "long",
    "valid",
    "short",
    "effective",
    "deep",
    "flag",
    "label",
    "ind",
    "profile",
    "page",
    "to",
    "是否",
    "有效",
}
_ASKING = {"is", "has", "did", "if", "是否"}
_LABELLED = {"y", "label", "target", "labels", "标签"}
_SPANS = {"time", "duration", "ms", "sec", "secs", "second", "seconds", "ts", "timestamp", "date", "时间", "时长"}


def words(name: str) -> tuple[str, ...]:
    """Returns the words of a name in small letters.

    Example:
        >>> words("user_id"), words("playTimeMs"), words("用户_id")
        (('user', 'id'), ('play', 'time', 'ms'), ('用户', 'id'))
    """
    return tuple(part.lower() for part in _PARTS.findall(name))


def has(name: str, known: set[str] | tuple[str, ...]) -> bool:
    """Returns whether a word of the name is among the known ones; Chinese ones may stand inside a longer one."""
    own = words(name)
    return any(word in known for word in own) or any(not one.isascii() and one in name for one in known)


def is_amount(name: str) -> bool:
    """Returns whether a name is that of an amount, a count or a length, such as user_num."""
    return has(name, AMOUNTS)


def is_id(name: str) -> bool:
    """Returns whether a name is that of an id: its last word says so, or it is that of an entity alone."""
    own = words(name)
    if not own or is_amount(name):
        return False
    last = own[-1] if not own[-1].isdigit() else own[-2] if len(own) > 1 else ""
    return last in IDS or last in ENTITIES or any(last.endswith(end) and not end.isascii() for end in IDS)


def rank_of(name: str, entities: tuple[str, ...]) -> int | None:
    """Returns how well a name is that of an entity's id, 0 the best; None: not at all.

    `user_id` goes before `user`, and the first entities before the others.
    """
    own = words(name)
    for at, entity in enumerate(entities):
        if entity.isascii():
            rest = [word for word in own if word not in (entity, f"{entity}id", *IDS)]
            is_bare = entity in own and entity not in IDS and not set(own) & IDS
            if (entity in own or f"{entity}id" in own) and not rest and (at < _BARE or not is_bare):
                return 2 * at + is_bare
        elif entity in name and len(own) <= 2 and not is_amount(name):
            return 2 * at + (not has(name, IDS))
    return None


def is_of(name: str, entity_column: str) -> bool:
    """Returns whether a name begins like the id of an entity: user_age and user_id."""
    first = next((word for word in words(entity_column) if word not in IDS), None)
    return first is not None and words(name)[:1] == (first,)


def is_outcome(name: str) -> bool:
    """Returns whether a name is that of an outcome of the impression, such as is_like, long_view or play_time_ms."""
    own = words(name)
    if not own:
        return False
    events = [word for word in own if word in EVENTS]
    if own[0] in _LABELLED:
        return True
    if own[0] in _ASKING and events:
        return True
    if events and all(word in EVENTS or word in _BESIDE_EVENTS for word in own):
        return True
    return bool(events) and own[-1] in _SPANS
