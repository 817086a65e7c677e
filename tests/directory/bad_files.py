"""Files that must not be kept as evidence, made here: name, bytes, and the code of casework.evidence.REFUSALS."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

PNG = b"\x89PNG\r\n\x1a\n"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PAGE = b"<html><script>alert(1)</script></html>"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **how) -> bytes:
    """A small honest picture."""
    out = io.BytesIO()
    Image.new(mode, size, 1 if mode == "1" else None).save(out, kind, **how)
    return out.getvalue()


def pdf(change: Callable[[pikepdf.Pdf], None] | None = None, **how) -> bytes:
    """An honest PDF of one page, or one that `change` made something else of."""
    made = pikepdf.new()
    made.add_blank_page()
    if change:
        change(made)
    out = io.BytesIO()
    made.save(out, **how)
    return out.getvalue()


def zipped(content: bytes = b"nothing") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evidence.txt", content)
    return out.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def flood(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is so large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def jpeg_flood() -> bytes:
    """A JPEG whose frame says 60,000 by 60,000."""
    honest = bytearray(picture("JPEG"))
    frame = honest.index(b"\xff\xc0")
    honest[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    return bytes(honest)


def png_text_bomb() -> bytes:
    """A compressed text of 200 MB in a picture of one pixel."""
    honest = picture(size=(1, 1))
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * (200 << 20), 9))
    return honest[:33] + text + honest[33:]


def animated() -> bytes:
    frames = [Image.new("RGB", (10, 10), color) for color in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def _opening(action: Dictionary) -> Callable[[pikepdf.Pdf], None]:
    def change(made: pikepdf.Pdf) -> None:
        made.Root.OpenAction = action

    return change


def _annotation(**parts) -> Callable[[pikepdf.Pdf], None]:
    def change(made: pikepdf.Pdf) -> None:
        made.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Rect=[0, 0, 9, 9], **parts)])

    return change


def _with_file(made: pikepdf.Pdf) -> None:
    made.attachments["evil.exe"] = b"MZ" + b"\0" * 100


def _names_script(made: pikepdf.Pdf) -> None:
    script = Dictionary(S=Name.JavaScript, JS="app.alert(1)")
    made.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array(["a", script])))


def _xfa(made: pikepdf.Pdf) -> None:
    made.Root.AcroForm = Dictionary(Fields=Array([]), XFA=Stream(made, b"<xdp/>"))


def _page_action(made: pikepdf.Pdf) -> None:
    made.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS="1"))


def _bomb(size: int) -> Callable[[pikepdf.Pdf], None]:
    def change(made: pikepdf.Pdf) -> None:
        made.pages[0].obj.Contents = made.make_indirect(Stream(made, b"\0" * size))

    return change


def _packed_twice(made: pikepdf.Pdf) -> None:
    twice = zlib.compress(zlib.compress(b"\0" * (50 << 20)))
    stream = Stream(made, b"")
    stream.write(twice, filter=Array([Name.FlateDecode, Name.FlateDecode]))
    made.pages[0].obj.Contents = made.make_indirect(stream)


def _huge_image(made: pikepdf.Pdf) -> None:
    image = Stream(made, b"\0", Type=Name.XObject, Subtype=Name.Image, Width=60_000, Height=60_000)
    made.pages[0].obj.Resources = Dictionary(XObject=Dictionary(I=made.make_indirect(image)))


def _many_pages(made: pikepdf.Pdf) -> None:
    for _ in range(300):
        made.add_blank_page()


def _locked(user: str) -> dict:
    return {"encryption": pikepdf.Encryption(owner="owner", user=user)}


_LAUNCH = Dictionary(S=Name.Launch, F="cmd.exe")
_SCRIPT = Dictionary(S=Name.JavaScript, JS="app.alert(1)")

ACTIVE = {
    "pdf script on opening": _opening(_SCRIPT),
    "pdf launch on opening": _opening(_LAUNCH),
    "pdf any action on opening": _opening(Dictionary(S=Name.URI, URI="https://shop.example/")),
    "pdf script in the names": _names_script,
    "pdf script of a page": _page_action,
    "pdf attached file": _with_file,
    "pdf form of another kind": _xfa,
    "pdf launch behind a link": _annotation(Subtype=Name.Link, A=_LAUNCH),
    "pdf script behind a link": _annotation(Subtype=Name.Link, A=_SCRIPT),
    "pdf form that is sent": _annotation(Subtype=Name.Link, A=Dictionary(S=Name.SubmitForm)),
    "pdf other file opened": _annotation(Subtype=Name.Link, A=Dictionary(S=Name.GoToR, F="b.pdf")),
    "pdf embedded go-to": _annotation(Subtype=Name.Link, A=Dictionary(S=Name.GoToE)),
    "pdf data taken in": _annotation(Subtype=Name.Link, A=Dictionary(S=Name.ImportData)),
    "pdf file on the page": _annotation(Subtype=Name.FileAttachment),
    "pdf film": _annotation(Subtype=Name.Movie),
    "pdf sound": _annotation(Subtype=Name.Sound),
    "pdf screen": _annotation(Subtype=Name.Screen),
    "pdf rich media": _annotation(Subtype=Name.RichMedia),
    "pdf model": _annotation(Subtype=Name("/3D")),
}

OTHER_KINDS = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "svg with a declaration": b'<?xml version="1.0"?><svg onload="alert(1)"/>',
    "html": PAGE,
    "html after a byte order mark": b"\xef\xbb\xbf" + PAGE,
    "xml with an entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "php": b"<?php system($_GET['c']); ?>",
    "eicar": EICAR,
    "zip": zipped(),
    "zip bomb": zipped(b"\0" * (50 << 20)),
    "gif": picture("GIF"),
    "bmp": picture("BMP"),
    "tiff": picture("TIFF"),
    "webp": picture("WEBP"),
    "icon": picture("ICO"),
    "windows program": b"MZ\x90\0" + b"\0" * 200,
    "linux program": b"\x7fELF" + b"\0" * 200,
    "script for a shell": b"#!/bin/sh\nrm -rf /\n",
    "word document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "postscript": b"%!PS-Adobe-3.0\nshowpage\n",
    "text": b"I have a license, honestly.",
    "one byte": b"\x89",
    "pdf after a line of text": b"hello\n" + pdf(),
    "pdf after a page of html": PAGE + pdf(),
    "text in two-byte letters": "%PDF-1.7".encode("utf-16"),
    "csv": b"name,license\nA,=cmd|' /C calc'!A0\n",
}


def corpus() -> Iterator[tuple[str, bytes, str]]:
    """Every bad file: what it is, its bytes, and why it is refused."""
    png, jpeg, plain = picture(), picture("JPEG"), pdf()
    yield "nothing", b"", "empty"
    yield "a byte more than 10 MB", plain + b"\0" * (10 * 1024 * 1024 + 1 - len(plain)), "too-big"
    for name, content in OTHER_KINDS.items():
        yield name, content, "not-a-kind"
    for name, change in ACTIVE.items():
        yield name, pdf(change), "active"
    for name, content in {
        "png and zip": png + zipped(),
        "jpeg and zip": jpeg + zipped(),
        "pdf and zip": plain + zipped(),
        "png and html": png + PAGE,
        "jpeg with html in its comment": picture("JPEG", comment=PAGE),
        "png and pdf": png + plain,
        "jpeg and pdf": jpeg + plain,
        "jpeg with eicar": jpeg + EICAR,
        "png with php in its text": png[:33] + chunk(b"tEXt", b"Comment\0<?php eval(1);") + png[33:],
        "pdf with html after its end": plain + PAGE,
    }.items():
        yield name, content, "two-in-one"
    yield "png of 60,000 by 60,000", flood(60_000, 60_000), "too-many-pixels"
    yield "png of 50 million and one row", flood(10_000, 5_001), "too-many-pixels"
    yield "png of the most that the format can say", flood(2**31 - 1, 2**31 - 1), "too-many-pixels"
    yield "jpeg of 60,000 by 60,000", jpeg_flood(), "too-many-pixels"
    yield "pdf with such a picture", pdf(_huge_image), "too-many-pixels"
    yield "moving png", animated(), "animated"
    yield "locked pdf", pdf(**_locked("secret")), "encrypted"
    yield "pdf locked without a password", pdf(**_locked("")), "encrypted"
    yield "pdf of 301 pages", pdf(_many_pages), "too-many-pages"
    yield "pdf bomb", pdf(_bomb(310 << 20)), "too-large-inside"
    as_it_is = {"compress_streams": False, "stream_decode_level": pikepdf.StreamDecodeLevel.none}
    yield "pdf packed twice", pdf(_packed_twice, **as_it_is), "too-large-inside"
    for name, content in {
        "png cut in half": picture(size=(300, 300), compress_level=0)[:90_000],
        "png with nothing but its head": PNG,
        "png with a wrong sum": png[:40] + b"\0\0\0\0" + png[44:],
        "png with a text bomb": png_text_bomb(),
        "png of no width": flood(0, 10),
        "jpeg cut in half": picture("JPEG", size=(400, 400))[:900],
        "jpeg with nothing but its head": b"\xff\xd8\xff",
        "jpeg of noise": b"\xff\xd8\xff" + bytes(range(256)) * 20,
        "pdf cut in half": plain[: len(plain) // 2],
        "pdf with nothing but its head": b"%PDF-1.7\n",
        "pdf of noise": b"%PDF-1.7\n" + bytes(range(256)) * 20,
        "pdf without a page": pdf(lambda made: made.pages.__delitem__(0)),
        "pdf with a broken table": plain.replace(b"startxref", b"startxrfe"),
    }.items():
        yield name, content, "unreadable"
