"""Writing a page to a file as a whole, since somebody may be reading the old one."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> Path:
    """Replace a file in one step and return where it is."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    Path(name).chmod(0o644)
    return Path(name).replace(path)
