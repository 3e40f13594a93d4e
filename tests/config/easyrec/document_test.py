"""docs/easyrec-fields.md says what the table says."""

from pathlib import Path

from apps_rec.config.easyrec.document import document

DOCUMENT = Path(__file__).parents[3] / "docs/easyrec-fields.md"


def test_the_document_is_what_make_docs_writes():
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run `make docs`"


def test_rows_of_the_document():
    lines = document().splitlines()
    assert (
        "| `sync_replicas` | noted | the strategy decides: all but ParameterServerStrategy keep replicas in step |"
        in lines
    )
    assert (
        "| `use_moving_average` | refused, or noted | weights are not averaged; write false."
        " With `false`: weights are never averaged |" in lines
    )
    assert "| `batch_size` | used | rows in one step, over all replicas together |" in lines
