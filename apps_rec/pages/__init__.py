"""The look of all pages of HTML that the package writes: light and dark, on a desk and on a phone."""

from importlib.resources import files

__all__ = ["head"]


def head(title: str) -> str:
    """Returns the beginning of a page, up to its body, with the style in it.

    Args:
        title: title of the page, escaped already.
    """
    style = files("apps_rec.pages").joinpath("style.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n"
    )
