"""Where this process finds the street maps: the data folder of the settings it runs with."""

from pathlib import Path

from backend.settings import Settings, load_settings

_settings: Settings | None = None


def configure(settings: Settings | None) -> None:
    """Use these settings instead of the environment's; None forgets them."""
    global _settings
    _settings = settings


def data_dir() -> Path:
    """The data folder."""
    return (_settings or load_settings()).data_dir
