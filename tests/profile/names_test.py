"""Names of columns, those of real logs among them."""

import pytest

from apps_rec.profile import names

# KuaiRand's columns of outcomes, and others like them.
OUTCOMES = (
    *("is_click", "is_like", "is_follow", "is_comment", "is_forward", "is_hate", "long_view", "play_time_ms"),
    *("profile_stay_time", "comment_stay_time", "is_profile_enter", "y_engage", "click", "downloaded", "installTime"),
    *("label_buy", "watch_duration", "点击", "是否_下载"),
)
# KuaiRand's other columns, and the counts that a log may have of the past.
INPUTS = (
    *("user_id", "duration_ms", "tab", "is_lowactive_period", "is_live_streamer", "is_video_author", "register_days"),
    *("video_duration", "history_len", "n_like_hist", "n_long_watch_hist", "watch_seq", "like_seq", "tag_likes"),
    *("same_video_watches", "hist_long_share", "app_clicks_7d", "avg_rating", "play_count", "价格"),
)


def test_words_are_cut_at_marks_and_at_capitals():
    assert names.words("play_timeMs") == ("play", "time", "ms")
    assert names.words("APPName2") == ("app", "name", "2")
    assert names.words("用户 id") == ("用户", "id")


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcomes(name):
    assert names.is_outcome(name)


@pytest.mark.parametrize("name", INPUTS)
def test_inputs_are_no_outcomes(name):
    assert not names.is_outcome(name)


def test_ids():
    named = ("app_id", "city", "author", "feat_code", "商品编号", "user_num", "app_size", "video_duration", "age", "x")
    assert [name for name in named if names.is_id(name)] == ["app_id", "city", "author", "feat_code", "商品编号"]


def test_the_user_is_the_id_before_other_words_of_users():
    ranked = {name: names.rank_of(name, names.USERS) for name in ("user_id", "user", "uid", "device_id", "用户编号")}
    assert ranked["user_id"] < ranked["user"] < ranked["uid"] < ranked["device_id"]
    assert ranked["用户编号"] is not None
    assert [names.rank_of(name, names.USERS) for name in ("user_age", "user_num", "follow_user_id", "app")] == [
        None
    ] * 4
