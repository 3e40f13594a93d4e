"""The table of bodies."""

from apps_rec.config.bodies import BODIES, body_of, places_of
from apps_rec.protos import model_pb2, network_pb2


def test_every_body_of_the_config_has_a_row():
    fields = network_pb2.Body.DESCRIPTOR.oneofs_by_name["body"].fields
    assert list(BODIES) == [field.name for field in fields]
    for field in fields:
        own = {part.name: part.message_type.name if part.message_type else "" for part in field.message_type.fields}
        parts = {
            f"{part.name}.{inner.name}": inner.message_type.name if inner.message_type else ""
            for part in field.message_type.fields
            if part.message_type and part.name != "groups" and own[part.name] != "DNN"
            for inner in part.message_type.fields
        }
        # Every network beside those of the groups is in the row, so that its activation and its sizes are looked at.
        assert [name for name, kind in (own | parts).items() if kind == "DNN"] == list(BODIES[field.name].dnns)
        assert {"group_name", "groups", *BODIES[field.name].copies} <= set(own | parts)
        assert set(BODIES[field.name].copies.values()) <= set(BODIES[field.name].dnns)


def test_a_model_without_a_body_has_no_row():
    rank = model_pb2.RankModel()
    assert body_of(rank) is None
    rank.body.mmoe.num_expert = 3
    row, message, path = body_of(rank)
    assert (row.part, message.num_expert) == ("the mixture of experts", 3)
    assert path == "model_config.rank_model.body.mmoe"


def test_places_of_a_field():
    ple = network_pb2.PleBody()
    ple.extraction_networks.add(share_num=1)
    ple.extraction_networks.add(share_num=2)
    assert places_of(ple, "body.ple", "extraction_networks.share_num") == [
        ("body.ple.extraction_networks[0]", ple.extraction_networks[0], "share_num"),
        ("body.ple.extraction_networks[1]", ple.extraction_networks[1], "share_num"),
    ]
    assert places_of(ple, "body.ple", "group_name") == [("body.ple", ple, "group_name")]
