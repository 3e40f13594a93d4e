"""`apps-rec import-easyrec` writes a config and its report, or nothing."""

from google.protobuf import json_format, text_format

from apps_rec.config import load_config
from apps_rec.config.imports.spelling import with_defaults
from apps_rec.config.torcheasyrec.table import new_config
from tests.cli.commands import edit, fails, run
from tests.config.torcheasyrec.conftest import STORE


def test_it_writes_a_config_and_its_report(tiny, capsys):
    edit(tiny.config, "train_config {", "train_config {\n sync_replicas: true")
    code, out, err = run(capsys, "import-easyrec", "tiny.config", "-o", "made/new.config")
    assert (code, err) == (0, "")
    report = (tiny.config.parent / "made/new.config.report.md").read_text(encoding="utf-8")
    assert out.startswith(report)
    assert "sync_replicas: noted" in report
    assert out.splitlines()[-1] == "made/new.config: written, and this report as made/new.config.report.md"
    old, new = load_config("tiny.config"), load_config("made/new.config")
    assert with_defaults(new.message) == with_defaults(old.message)
    first = (tiny.config.parent / "made/new.config").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# From tiny.config by `apps-rec import-easyrec`")


def test_nothing_is_written_where_something_is_refused(tiny, capsys):
    edit(tiny.config, "train_config {", "train_config {\n dead_line: 'x' force_restore_shape_compatible: true")
    err = fails(capsys, "import-easyrec", "tiny.config", "-o", "new.config")
    assert [line.partition(": refused: ")[0].rpartition(".")[2] for line in err.splitlines()] == [
        "dead_line",
        "force_restore_shape_compatible",
    ]
    assert not list(tiny.config.parent.glob("new.config*"))


def test_a_file_that_is_there_stays_without_overwrite(tiny, capsys):
    target = tiny.config.parent / "new.config"
    target.write_text("mine", encoding="utf-8")
    err = fails(capsys, "import-easyrec", "tiny.config", "-o", "new.config")
    assert err == "new.config is there already; name another file, or replace it with --overwrite\n"
    assert target.read_text(encoding="utf-8") == "mine"
    assert run(capsys, "import-easyrec", "tiny.config", "-o", "new.config", "--overwrite")[0] == 0
    assert target.read_text(encoding="utf-8").startswith("# From")
    assert "is there already" in fails(capsys, "import-easyrec", "tiny.config", "-o", ".", "--overwrite")


def test_a_config_of_torcheasyrec_is_imported(tiny, capsys):
    (tiny.config.parent / "torch.config").write_text(STORE, encoding="utf-8")
    assert ": apps-rec import-easyrec torch.config -o my.config\n" in fails(capsys, "check", "torch.config")
    code, out, err = run(capsys, "import-easyrec", "torch.config", "-o", "new.config", "--lists", "price")
    assert code == 0
    assert err.count("warning: ") == 1
    assert "| `IdFeature.hash_bucket_size` | 1 | by another hash" in out
    assert "`model_config.embedding_stddev`: the default here; TorchEasyRec's is no deviation" in out
    assert run(capsys, "check", "new.config")[::2] == (0, "")


def test_flags_are_of_one_dialect(tiny, capsys):
    (tiny.config.parent / "torch.config").write_text(STORE, encoding="utf-8")
    err = fails(capsys, "import-easyrec", "torch.config", "-o", "new.config", "--set", "a=3")
    assert err == "--set: a config of TorchEasyRec is imported as it is; change the new one\n"
    assert "--lists: is for configs of TorchEasyRec" in fails(
        capsys, "import-easyrec", "tiny.config", "-o", "new.config", "--lists", "tags"
    )


def test_json_of_torcheasyrec_is_imported_too(tiny, capsys):
    config = new_config()
    text_format.Parse(STORE, config, allow_unknown_field=True)
    (tiny.config.parent / "torch.json").write_text(json_format.MessageToJson(config), encoding="utf-8")
    (tiny.config.parent / "broken.json").write_text("{", encoding="utf-8")
    assert "import-easyrec torch.json" in fails(capsys, "check", "torch.json")
    assert "this is no JSON" in fails(capsys, "import-easyrec", "broken.json", "-o", "new.config")
    (tiny.config.parent / "torch.config").write_text(STORE, encoding="utf-8")
    for name in ("torch.json", "torch.config"):
        assert run(capsys, "import-easyrec", name, "-o", f"{name}.new")[0] == 0
    easyrec = json_format.MessageToJson(load_config("tiny.config").message)
    (tiny.config.parent / "tiny.json").write_text(easyrec, encoding="utf-8")
    assert run(capsys, "import-easyrec", "tiny.json", "-o", "tiny.new")[0] == 0
    assert "--output: a config is written as text" in fails(capsys, "import-easyrec", "tiny.config", "-o", "a.json")
    made = [load_config(f"{name}.new", files_here=False).message for name in ("torch.json", "torch.config")]
    assert made[0] == made[1]
