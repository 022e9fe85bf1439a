"""What was written, without the digests and drawn names in it, which by chance hold any short number."""

import re

DRAWN = re.compile(r"[0-9a-f]{32,}")


def without_digests(written: object) -> str:
    """Return the text of what was written with every digest and every name drawn by chance taken out."""
    return DRAWN.sub("…", str(written))
