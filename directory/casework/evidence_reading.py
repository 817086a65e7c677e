"""A process of its own that reads one untrusted file: bytes on stdin, the same picture or PDF written anew on stdout.

Run by directory.casework.evidence, with no environment, and with limits of its own on memory, time and files. The first
line of the answer is JSON, {"media_type": …} before the new bytes, or {"refused": code}. A death without an answer is a
refusal, too. Nothing of the site is imported here.
"""

import io
import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final

MOST_PIXELS: Final = 50_000_000
MOST_UNPACKED: Final = 300 * 1024 * 1024
MOST_PAGES: Final = 300
MOST_OBJECTS: Final = 300_000
MOST_MEMORY: Final = 1200 * 1024 * 1024
MOST_SECONDS: Final = 12
LARGE_PICTURE: Final = 8_000_000
"""From so many pixels on, time is worth more than bytes."""

SIGNATURES: Final = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"%PDF-", "pdf"))
FOREIGN: Final = (b"<script", b"<html", b"<svg", b"<?php", b"<!doctype")
# The harmless string by which every scanner shows that it works: https://www.eicar.org/download-anti-malware-testfile/
TEST_VIRUS: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!"
ACTIVE_KEYS: Final = frozenset(
    "/JS /JavaScript /AA /XFA /EmbeddedFiles /EF /RichMediaContent /Launch".split()
)
ACTIVE_TYPES: Final = frozenset("/EmbeddedFile /Filespec /F".split())
ACTIVE_KINDS: Final = frozenset(
    "/JavaScript /Launch /SubmitForm /ImportData /GoToR /GoToE /Rendition /Movie /Sound /Named"
    " /RichMedia /RichMediaExecute /Screen /3D /FileAttachment /GoTo3DView".split()
)


class Refused(Exception):
    """`code` is one of directory.casework.evidence.REFUSALS."""

    def __init__(self, code: str) -> None:
        self.code = code


def main() -> None:
    """Read, judge, write anew, answer."""
    _limit_this_process()
    content = sys.stdin.buffer.read()
    try:
        kind = kind_of(content)
        kept = _pdf(content) if kind == "pdf" else _picture(content, kind)
        answer = {"media_type": "application/pdf" if kind == "pdf" else f"image/{kind}"}
    except Refused as no:
        answer, kept = {"refused": no.code}, b""
    except MemoryError:
        answer, kept = {"refused": "too-large-inside"}, b""
    except Exception:  # whatever a library says of a broken file, it cannot be read
        answer, kept = {"refused": "unreadable"}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + kept)


def _limit_this_process() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def kind_of(content: bytes) -> str:
    """ "png", "jpeg" or "pdf", by the first bytes; a second kind of file in the same bytes is refused."""
    if not content:
        raise Refused("empty")
    kind = next((kind for signature, kind in SIGNATURES if content.startswith(signature)), "")
    if not kind:
        raise Refused("not-a-kind")
    if _holds_another_kind(content, kind):
        raise Refused("two-in-one")
    return kind


def _holds_another_kind(content: bytes, kind: str) -> bool:
    lowered = content.lower()
    return (
        TEST_VIRUS in content
        or any(sign in lowered for sign in FOREIGN)
        or zipfile.is_zipfile(io.BytesIO(content))
        or (kind != "pdf" and b"%PDF-" in content)
    )


# --- pictures ------------------------------------------------------------------------------------


def _picture(content: bytes, kind: str) -> bytes:
    """Decoded and encoded anew: no metadata, no comment, no second picture, nothing after its end."""
    from PIL import Image, ImageOps  # noqa: PLC0415  (a PDF needs none of it)

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        found: Any = Image.open(io.BytesIO(content), formats=[kind.upper()])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("too-many-pixels") from None
    if found.width * found.height > MOST_PIXELS:
        raise Refused("too-many-pixels")
    if getattr(found, "n_frames", 1) > 1 and kind == "png":
        raise Refused("animated")
    found.load()
    picture = _plain(ImageOps.exif_transpose(found), kind)
    picture.info = {}
    return _encoded(picture, kind)


def _plain(picture: Any, kind: str) -> Any:
    """In a mode that the format has without further tables."""
    if kind == "jpeg":
        return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")
    if picture.mode in ("1", "L", "RGB", "RGBA", "LA") and "transparency" not in picture.info:
        return picture
    return picture.convert("L" if picture.mode.startswith("I") else "RGBA")


def _encoded(picture: Any, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "jpeg":
        picture.save(out, "JPEG", quality=90)
    else:
        large = picture.width * picture.height > LARGE_PICTURE
        picture.save(out, "PNG", compress_level=1 if large else 6)
    return out.getvalue()


# --- PDF -----------------------------------------------------------------------------------------


def _pdf(content: bytes) -> bytes:
    """Every object looked at, then written anew: only what a page refers to, without information about its author."""
    import pikepdf  # noqa: PLC0415  (a picture needs none of it)

    try:
        pdf = pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    if pdf.is_encrypted:
        raise Refused("encrypted")
    if not 1 <= len(pdf.pages) <= MOST_PAGES:
        raise Refused("too-many-pages" if len(pdf.pages) else "unreadable")
    _drop_first_view(pdf)
    _judge(pdf)
    return _rewritten(pdf)


def _drop_first_view(pdf: Any) -> None:
    """ "Open at this page" is an array and harmless; anything else that happens on opening is an action."""
    first = pdf.Root.get("/OpenAction")
    if first is None:
        return
    if first._type_name != "array":
        raise Refused("active")
    del pdf.Root["/OpenAction"]


def _judge(pdf: Any) -> None:
    unpacked = 0
    for number, found in enumerate(_everything(pdf)):
        if number > MOST_OBJECTS:
            raise Refused("too-large-inside")
        if _is_active(found):
            raise Refused("active")
        if found._type_name == "stream":
            unpacked += _unpacked_size(found, MOST_UNPACKED - unpacked)
            if _pixels(found) > MOST_PIXELS:
                raise Refused("too-many-pixels")


def _everything(pdf: Any) -> Iterator[Any]:
    """Each dictionary and stream of the file, also those inside of others; what is referred to comes by itself."""
    for each in (*pdf.objects, pdf.trailer):
        waiting = [each]
        while waiting:
            found = waiting.pop()
            kind = getattr(found, "_type_name", "")
            if kind == "array":
                waiting += [inner for inner in found if _is_inside(inner)]
            elif kind in ("dictionary", "stream"):
                yield found
                waiting += [inner for _, inner in found.items() if _is_inside(inner)]


def _is_inside(inner: Any) -> bool:
    return getattr(inner, "_type_name", "") in ("array", "dictionary") and not inner.is_indirect


def _is_active(found: Any) -> bool:
    names = {str(found.get(key)) for key in ("/S", "/Subtype", "/Type") if found.get(key) is not None}
    keys = set(found.keys())
    return bool(keys & ACTIVE_KEYS or names & ACTIVE_KINDS or str(found.get("/Type")) in ACTIVE_TYPES)


def _pixels(stream: Any) -> int:
    if str(stream.get("/Subtype")) != "/Image":
        return 0
    return int(stream.get("/Width", 0)) * int(stream.get("/Height", 0))


def _unpacked_size(stream: Any, most: int) -> int:
    """Bytes of a stream when unpacked; a stream of more than `most` is refused before it is."""
    packed = stream.read_raw_bytes()
    filters = stream.get("/Filter")
    if filters is None:
        return len(packed)
    names = [str(filters)] if getattr(filters, "_type_name", "") == "name" else [str(n) for n in filters]
    if len(names) > 1 and names[0] == names[1]:
        raise Refused("too-large-inside")  # packed twice: no honest writer does it
    if names and names[0] in ("/FlateDecode", "/Fl"):
        return _inflated_size(packed, most)
    return len(packed)


def _inflated_size(packed: bytes, most: int) -> int:
    unpacker, size, rest = zlib.decompressobj(), 0, packed
    while rest:
        size += len(unpacker.decompress(rest, 1 << 20))
        if size > most:
            raise Refused("too-large-inside")
        if rest == unpacker.unconsumed_tail or unpacker.eof:
            break
        rest = unpacker.unconsumed_tail
    return size


def _rewritten(pdf: Any) -> bytes:
    for key in ("/Metadata", "/PieceInfo"):
        if key in pdf.Root:
            del pdf.Root[key]
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
