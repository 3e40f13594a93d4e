"""The table of bodies."""

from apps_rec.config.bodies import BODIES, body_of
from apps_rec.protos import model_pb2


def test_every_body_of_the_config_has_a_row():
    fields = model_pb2.Body.DESCRIPTOR.oneofs_by_name["body"].fields
    assert list(BODIES) == [field.name for field in fields]
    for field in fields:
        own = {part.name: part.message_type.name if part.message_type else "" for part in field.message_type.fields}
        # Every network beside those of the groups is in the row, so that its activation and its sizes are looked at.
        assert [name for name, kind in own.items() if kind == "DNN"] == list(BODIES[field.name].dnns)
        assert {"group_name", "groups", *BODIES[field.name].copies} <= set(own)
        assert set(BODIES[field.name].copies.values()) <= set(BODIES[field.name].dnns)


def test_a_model_without_a_body_has_no_row():
    rank = model_pb2.RankModel()
    assert body_of(rank) is None
    rank.body.mmoe.num_expert = 3
    row, message, path = body_of(rank)
    assert (row.part, message.num_expert) == ("the mixture of experts", 3)
    assert path == "model_config.rank_model.body.mmoe"
