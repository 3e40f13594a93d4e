"""Commands run in this process, and the files they read."""

from apps_rec.cli.main import main


def run(capsys, *arguments):
    """Exit code, stdout and stderr of a command in this process."""
    capsys.readouterr()
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def fails(capsys, *arguments):
    """What a command says that ends by the user's mistake."""
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    return err


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def cells(tiny, **changed):
    """Rows of train.csv, some columns of row 5 (from 1) with other values."""
    rows = tiny.rows("train.csv")
    rows[4] |= {"source": "live", **changed}
    return [list(row.values()) for row in rows]
