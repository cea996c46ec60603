"""Where each platform keeps a program's settings and data."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def config_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Settings: ~/.config/bandmate, ~/Library/Application Support/Bandmate or %APPDATA%\\Bandmate."""
    return _folder(environ, "XDG_CONFIG_HOME", ".config", "APPDATA")


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Data: ~/.local/share/bandmate, ~/Library/Application Support/Bandmate or %LOCALAPPDATA%\\Bandmate."""
    return _folder(environ, "XDG_DATA_HOME", ".local/share", "LOCALAPPDATA")


def _folder(environ: Mapping[str, str], unix_variable: str, unix_default: str, windows_variable: str) -> Path:
    if sys.platform == "win32":
        return Path(environ.get(windows_variable) or Path.home() / "AppData" / "Local") / "Bandmate"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Bandmate"
    return Path(environ.get(unix_variable) or Path.home() / unix_default) / "bandmate"
