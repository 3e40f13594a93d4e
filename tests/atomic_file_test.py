"""Files of which nobody ever finds half."""

from apps_rec.atomic_file import replace_text


def test_a_link_in_its_way_is_not_followed(tmp_path):
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / ".a.json.partial").symlink_to(other)
    replace_text(tmp_path / "a.json", "new")
    assert (tmp_path / "a.json").read_text() == "new"
    assert other.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "other"]


def test_a_link_in_its_place_is_replaced(tmp_path):
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / "a.json").symlink_to(other)
    replace_text(tmp_path / "a.json", "new")
    assert (tmp_path / "a.json").read_text() == "new"
    assert not (tmp_path / "a.json").is_symlink()
    assert other.read_text() == "precious"
