"""Keys for a site on this machine alone.

Off loopback every key comes from the environment; on loopback they are made once and kept in
`DATA_DIR/keys`, readable by their owner only, so that `./run` needs no set-up.
"""

import base64
import os
import secrets
from pathlib import Path


def read_or_make(path: Path, make: str) -> str:
    """The text kept at `path`; `make` is stored there first when the file does not exist yet."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as stream:
        stream.write(make)
        stream.flush()
        os.fsync(stream.fileno())
    return make


def new_secret_key() -> str:
    """A random key for Django's own signatures."""
    return secrets.token_urlsafe(48)


def new_phi_keys() -> str:
    """One 256-bit key in the form of PHI_KEYS: `<key id>:<base64 of 32 bytes>`."""
    return f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
