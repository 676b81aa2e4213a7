"""The page's files: from one directory, never outside it, with validators browsers can ask by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".glb": "model/gltf-binary",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
PLAIN = "text/plain; charset=utf-8"  # licences have no suffix

VENDOR = "vendor"
KEPT_S = 86_400  # vendored files change with a release only; the rest is asked for every time

_NAME = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9_.@-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Served:
    """A file as it is answered."""

    body: bytes
    headers: Mapping[str, str]


class StaticFiles:
    """Reads files of one directory and keeps them until they change on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._kept: dict[Path, tuple[tuple[int, int], Served]] = {}

    def find(self, segments: Sequence[str]) -> Served | None:
        """Return the file that these decoded path segments name; None when there is none.

        Hidden files, `..`, slashes inside a segment and links that lead outside name nothing.
        """
        if not segments or not all(_NAME.fullmatch(segment) for segment in segments):
            return None
        path = self._root.joinpath(*segments)
        try:
            if not path.is_file() or not path.resolve().is_relative_to(self._root):
                return None
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            kept = self._kept.get(path)
            if kept is None or kept[0] != stamp:
                kept = (stamp, _served(path, vendored=segments[0] == VENDOR))
                self._kept[path] = kept
        except OSError:
            return None
        return kept[1]


def not_modified(if_none_match: str | None, etag: str) -> bool:
    """Whether a client that has these versions has the present one."""
    if if_none_match is None:
        return False
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in known or "*" in known


def _served(path: Path, *, vendored: bool) -> Served:
    body = path.read_bytes()
    cache = f"public, max-age={KEPT_S}" if vendored else "no-cache"
    return Served(
        body,
        {
            "Content-Type": CONTENT_TYPES.get(path.suffix.lower(), PLAIN),
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
            "Cache-Control": cache,
            "X-Content-Type-Options": "nosniff",
            # The rest of the page's policy stands in the page; a frame's cannot.
            "Content-Security-Policy": "frame-ancestors 'self'",
        },
    )
