"""
Get a Chromium for the tests of the pages, where there is none.

Debian's package where we may install one; the build that playwright downloads everywhere else.
"""

import os
import shutil
import subprocess
import sys

APT = ("apt-get", "-qq", "-o", "Dpkg::Use-Pty=0")


def main() -> int:
    """Install it and say how that went."""
    if shutil.which("chromium"):
        return 0
    print("Getting Chromium for the tests of the pages, once.")
    if shutil.which("apt-get") and os.geteuid() == 0 and _debian():
        return 0
    return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode


def _debian() -> bool:
    """Install Debian's package; Ubuntu's of the same name only points at another store and brings no browser."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = (("update",), ("install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"))
    done = all(subprocess.run([*APT, *step], env=quiet, check=False).returncode == 0 for step in steps)
    return done and shutil.which("chromium") is not None


if __name__ == "__main__":
    sys.exit(main())
