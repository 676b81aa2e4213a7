"""Refresh the page's vendored modules: `python scripts/vendor_web.py`.

The page loads nothing from other hosts, so the few packages it uses are kept in the tree, unchanged
and with their licences. This takes them from npm, by exact version, and writes `vendor.json`, which
the tests compare with the files.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parents[1] / "adapters" / "web" / "static" / "vendor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One npm package: where its files go, and which of them the page needs."""

    name: str
    version: str
    folder: str
    files: tuple[str, ...]  # paths inside the package; LICENSE is always taken


PACKAGES = (
    Package(
        name="socket.io-client",
        version="4.8.4",
        folder="socket.io-client",
        # The page imports the module; pages elsewhere name the other in a script tag.
        files=("dist/socket.io.esm.min.js", "dist/socket.io.min.js"),
    ),
    Package(
        name="open-easyrtc",
        version="2.1.8",
        folder="open-easyrtc",
        files=("api/easyrtc.js",),
    ),
    Package(
        name="@noble/secp256k1",
        version="3.2.0",
        folder="noble-secp256k1",
        files=("index.js",),
    ),
    Package(
        name="@noble/hashes",
        version="2.4.0",
        folder="noble-hashes",
        files=("sha2.js", "hmac.js", "_md.js", "_u64.js", "utils.js"),
    ),
    Package(
        name="@fontsource-variable/figtree",
        version="5.3.0",
        folder="figtree",
        files=(
            "files/figtree-latin-wght-normal.woff2",
            "files/figtree-latin-ext-wght-normal.woff2",
        ),
    ),
)


def fetch(package: Package, into: Path) -> list[Path]:
    """Download one package and write its files to `into`/folder.

    Raises:
        subprocess.CalledProcessError: npm refused; its output says why.
        KeyError: the package has no such file; correct `PACKAGES`.
    """
    folder = into / package.folder
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
            cwd=scratch,
            check=True,
        )
        (archive_path,) = Path(scratch).glob("*.tgz")
        with tarfile.open(archive_path) as archive:
            for name in ("LICENSE", *package.files):
                source = archive.extractfile(f"package/{name}")
                assert source is not None, f"{package.name}: {name} is not a file"
                target = folder / Path(name).name
                target.write_bytes(source.read())
                written.append(target)
    return written


def main() -> None:
    """Fetch every package and list what is now in the tree."""
    listing = [
        {
            "name": package.name,
            "version": package.version,
            "file": path.relative_to(VENDOR).as_posix(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for package in PACKAGES
        for path in fetch(package, VENDOR)
    ]
    (VENDOR / "vendor.json").write_text(json.dumps(listing, indent=2) + "\n")


if __name__ == "__main__":
    main()
