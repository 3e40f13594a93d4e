"""Asks for what commands on A/B tests need beside the package's own dependencies."""

from __future__ import annotations

from apps_rec.errors import RunError


def require_tea_tasting() -> None:
    """Loads tea-tasting, and scipy with it.

    Raises:
        RunError: it is not installed.
    """
    try:
        import tea_tasting  # noqa: F401
    except ImportError:
        raise RunError("tea-tasting, which compares arms, is not installed here; pip install 'apps_rec[ab]'") from None
