import numpy as np

from apps_rec.simulation.of_config.pools import Pool, whole_numbers, words
from apps_rec.simulation.of_config.shapes import Draw, Drawn, Listing, MapCells, Single

ROWS = 500


def draw():
    return Draw(np.random.default_rng(5), ROWS)


def test_the_latent_number_is_the_weighted_mean_of_the_effects():
    cells = Drawn(np.array(["", "", ""], object), np.array([0, 1, 1]), np.array([0, 0, 2]), np.array([1.0, 3.0, 2.0]))
    np.testing.assert_allclose(cells.latent(np.array([10.0, 2.0])), [(10 + 3 * 2) / 4, 0, 2])


def test_places_are_those_of_the_cells():
    pool = words("w", 3)
    made = Single(pool).draw(draw(), None)
    assert [pool.values[place] for place in made.places] == made.cells.tolist()


def test_lists_of_one_group_have_one_length_and_others_their_own():
    rows = draw()
    one, two, three = (
        Listing(whole_numbers(0, 9), "|", 5, group).draw(rows, None).cells for group in ("all", "all", "other")
    )
    lengths = [[cell.count("|") for cell in cells] for cells in (one, two, three)]
    assert lengths[0] == lengths[1] != lengths[2]
    assert set(lengths[0]) == set(range(5))


def test_weights_stand_where_the_list_says():
    made = Listing(words("w", 3), "|", 3, "x", kv_separator=":").draw(draw(), None)
    first = made.cells[0].split("|")
    assert [float(part.split(":")[1]) for part in first] == made.weights[: len(first)].tolist()
    apart = Listing(words("w", 3), "|", 3, "x", weight_column="y").draw(draw(), None)
    assert [len(a.split("|")) for a in apart.cells] == [len(b.split("|")) for b in apart.partner]


def test_parts_of_a_value_are_divided_by_the_inner_separator():
    made = Listing(words("w", 3), ";", 3, "x", inner="|", parts=2).draw(draw(), None)
    assert {item.count("|") for cell in made.cells for item in cell.split(";")} == {1}


def test_the_value_of_the_own_key_is_the_one_that_the_signal_depends_on():
    values, keys = whole_numbers(1, 4), Pool(("a", "b", "c"))
    rows = draw()
    own = Single(keys).draw(rows, None).cells
    made = MapCells(values, "key", keys, "|", ":").draw(rows, own)
    maps = [dict(pair.split(":") for pair in cell.split("|") if pair) for cell in made.cells]
    found = [row for row in range(ROWS) if own[row] in maps[row]]
    assert made.rows.tolist() == found
    assert [maps[row][own[row]] for row in found] == [values.values[place] for place in made.places]
