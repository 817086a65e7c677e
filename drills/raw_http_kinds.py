"""What the drill raw_http sends: requests with faults in the line, the headers, the body and the sending."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

NAME, PHONE = b"Quillon-Marrow", b"303-555-0142"
PERSONAL = (NAME, PHONE)
WHO = NAME + b"+" + PHONE
HOST = b"Host: localhost"
BODY = b"call_me=" + WHO


@dataclass(frozen=True)
class Kind:
    """Bytes to send, in the parts they go out in, and how the sender leaves: "end" or "reset"."""

    name: str
    parts: tuple[bytes, ...]
    ending: str


METHODS = {
    "GET": b"GET",
    "POST": b"POST",
    "PUT": b"PUT",
    "HEAD": b"HEAD",
    "TRACE": b"TRACE",
    "OPTIONS": b"OPTIONS",
    "CONNECT": b"CONNECT",
    "lower case": b"get",
    "empty": b"",
    "long": b"A" * 300,
    "space": b" GET",
    "tab": b"GET\t",
    "NUL": b"GE\0T",
    "8 bit": b"G\xc3\x89T",
    "PRI": b"PRI",
    "line break": b"GET\r\n",
    "bracket": b"G[T",
    "name": NAME,
}
TARGETS = {
    "home": b"/",
    "health": b"/healthz",
    "form": b"/accounts/login/",
    "api": b"/api/v1/clinics/",
    "missing": b"/" + WHO,
    "star": b"*",
    "empty": b"",
    "authority": b"localhost:443",
    "absolute": b"http://localhost/" + WHO,
    "absolute elsewhere": b"http://evil.example/" + WHO,
    "absolute odd": b"gopher://\x80/" + WHO,
    "open bracket": b"http://[::1/" + WHO,
    "bad port": b"http://localhost:99999999/" + WHO,
    "double slash": b"//evil.example/" + WHO,
    "backslash": b"\\..\\" + WHO,
    "traversal": b"/../../../etc/passwd/" + WHO,
    "encoded traversal": b"/%2e%2e%2f%2e%2e%2f" + WHO,
    "static traversal": b"/static/..%2f..%2f" + WHO,
    "NUL": b"/a%00b" + WHO,
    "raw NUL": b"/a\0b" + WHO,
    "bad UTF-8": b"/%ff%fe" + WHO,
    "raw 8 bit": b"/\xff\xfe" + WHO,
    "bad percent": b"/%zz%" + WHO,
    "line break": b"/%0d%0aSet-Cookie:%20x=" + WHO,
    "raw CR": b"/a\rb" + WHO,
    "fragment": b"/#" + WHO,
    "query only": b"?" + WHO,
    "query NUL": b"/api/v1/clinics/?q=%00" + WHO,
    "query 8 bit": b"/api/v1/clinics/?q=\xed\xa0\x80" + WHO,
    "space inside": b"/a b/" + WHO,
    "no slash": b"healthz" + WHO,
    "long": b"/" + NAME * 500,
    "too long": b"/" + NAME * 2000,
    "surrogate": b"/%ed%a0%80" + WHO,
}
VERSIONS = {
    "1.1": b" HTTP/1.1",
    "1.0": b" HTTP/1.0",
    "none (0.9)": b"",
    "0.9": b" HTTP/0.9",
    "2.0": b" HTTP/2.0",
    "3": b" HTTP/3",
    "1.10": b" HTTP/1.10",
    "1.": b" HTTP/1.",
    "letters": b" HTTP/x.y",
    "lower case": b" http/1.1",
    "another": b" ICY/1.1",
    "twice": b" HTTP/1.1 HTTP/1.1",
    "space after": b" HTTP/1.1  ",
    "NUL": b" HTTP/1.1\0",
    "full width": " HTTP/１.１".encode(),
    "negative": b" HTTP/-1.1",
}
HEADERS: dict[str, tuple[bytes, ...]] = {
    "plain": (HOST,),
    "no host": (),
    "two hosts": (HOST, b"Host: evil.example"),
    "same host twice": (HOST, HOST),
    "host elsewhere": (b"Host: " + NAME + b".example",),
    "host with path": (b"Host: localhost/" + NAME,),
    "host with user": (b"Host: " + NAME + b"@localhost",),
    "host empty": (b"Host:",),
    "host 8 bit": (b"Host: \xff\xfe",),
    "host with NUL": (b"Host: local\0host",),
    "host list": (b"Host: localhost, " + NAME,),
    "host port": (b"Host: localhost:-1",),
    "host huge": (b"Host: " + b"a" * 7000,),
    "name with space": (HOST, b"X Name: " + WHO),
    "space before colon": (HOST, b"Content-Length : 5"),
    "no colon": (HOST, WHO),
    "empty name": (HOST, b": " + WHO),
    "control in name": (HOST, b"X-\x01: " + WHO),
    "8 bit in name": (HOST, b"X-\xff: " + WHO),
    "NUL in value": (HOST, b"X-A: a\0" + WHO),
    "CR in value": (HOST, b"X-A: a\rSet-Cookie: " + WHO),
    "control in value": (HOST, b"X-A: \x07\x1b[31m" + WHO),
    "8 bit in value": (HOST, b"X-A: \xff\xfe" + WHO),
    "folded": (HOST, b"X-A: a\r\n " + WHO),
    "folded by tab": (HOST, b"X-A: a\r\n\t" + WHO),
    "folded first": (b" " + WHO, HOST),
    "huge": (HOST, b"X-A: " + NAME * 700),
    "very huge": (HOST, b"X-A: " + NAME * 5000),
    "65": (HOST, *(b"X-%d: " % number + NAME for number in range(65))),
    "1000": (HOST, *(b"X-%d: " % number + NAME for number in range(1000))),
    "huge cookie": (HOST, b"Cookie: a=" + NAME * 400),
    "bad cookie": (HOST, b'Cookie: ;;=;"\\000; sid=' + WHO),
    "two cookies": (HOST, b"Cookie: sid=" + WHO, b"Cookie: sid=x"),
    "cookie 8 bit": (HOST, b"Cookie: sid=\xff" + WHO),
    "websocket": (HOST, b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: " + WHO),
    "h2c": (
        HOST,
        b"Connection: Upgrade, HTTP2-Settings",
        b"Upgrade: h2c",
        b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    ),
    "upgrade tls": (HOST, b"Connection: Upgrade", b"Upgrade: TLS/1.0"),
    "expect": (HOST, b"Expect: 100-continue"),
    "expect other": (HOST, b"Expect: " + WHO),
    "expect twice": (HOST, b"Expect: 100-continue", b"Expect: 100-continue"),
    "script name": (HOST, b"SCRIPT_NAME: /" + WHO),
    "path info": (HOST, b"PATH_INFO: /" + WHO),
    "forwarded": (HOST, b"X-Forwarded-For: " + WHO + b", \xff, 1.2.3.4.5"),
    "forwarded many": (HOST, b"X-Forwarded-For: " + b"1.1.1.1, " * 800),
    "scheme quarrel": (HOST, b"X-Forwarded-Proto: https", b"X-Forwarded-Ssl: off"),
    "scheme odd": (HOST, b"X-Forwarded-Proto: " + WHO),
    "override": (HOST, b"X-HTTP-Method-Override: DELETE", b"X-Original-URL: /staff/"),
    "proxy header": (HOST, b"Proxy: http://evil.example/", b"Connection: close, Host, " + NAME),
    "range": (HOST, b"Range: bytes=0-" + b",0-" * 1000),
    "if-none-match": (HOST, b'If-None-Match: "' + NAME * 300),
    "if-modified-since": (HOST, b"If-Modified-Since: " + WHO),
    "if-modified-since year": (HOST, b"If-Modified-Since: Mon, 01 Jan 99999 00:00:00 GMT"),
    "accept odd": (HOST, b"Accept: ;;;q=" + WHO, b"Accept-Encoding: gzip;q=x,,,", b"Accept-Language: \xff"),
    "accept many": (HOST, b"Accept: " + b"a/b;q=0.1," * 700),
    "language many": (HOST, b"Accept-Language: " + b"xx-yy;q=0.1," * 600),
    "authorization": (HOST, b"Authorization: Basic " + NAME, b"Authorization: Bearer " + NAME),
    "multipart without boundary": (HOST, b"Content-Type: multipart/form-data"),
    "multipart odd boundary": (HOST, b"Content-Type: multipart/form-data; boundary=\xff\x01"),
    "charset": (HOST, b"Content-Type: application/x-www-form-urlencoded; charset=" + NAME),
    "charset hex": (HOST, b"Content-Type: application/json; charset=hex"),
    "content type odd": (HOST, b"Content-Type: ;;;=" + WHO),
    "content type many": (HOST, b"Content-Type: a/b" + b";a=b" * 1500),
    "encoding": (HOST, b"Content-Encoding: gzip"),
    "te": (HOST, b"TE: trailers, " + NAME, b"Trailer: Content-Length"),
    "origin": (HOST, b"Origin: null", b"Referer: \xff" + WHO),
    "referer bracket": (HOST, b"Origin: http://[", b"Referer: https://["),
    "underscore": (HOST, b"Content_Length: 5", b"Transfer_Encoding: chunked"),
}
# Headers that announce a body, and the body.
BODIES: dict[str, tuple[tuple[bytes, ...], bytes]] = {
    "none": ((), b""),
    "whole": ((b"Content-Length: %d" % len(BODY),), BODY),
    "unannounced": ((), BODY),
    "half": ((b"Content-Length: 1000",), BODY),
    "more than announced": ((b"Content-Length: 4",), BODY),
    "negative": ((b"Content-Length: -1",), BODY),
    "plus": ((b"Content-Length: +5",), BODY),
    "hex": ((b"Content-Length: 0x10",), BODY),
    "letters": ((b"Content-Length: " + NAME,), BODY),
    "empty length": ((b"Content-Length:",), BODY),
    "list": ((b"Content-Length: 5, 5",), BODY),
    "list of two": ((b"Content-Length: 5, 6",), BODY),
    "twice": ((b"Content-Length: 5", b"Content-Length: 5"), BODY),
    "two": ((b"Content-Length: 5", b"Content-Length: 6"), BODY),
    "full width": (("Content-Length: ５".encode(),), BODY),
    "underscore digits": ((b"Content-Length: 1_0",), BODY),
    "fraction": ((b"Content-Length: 5.0",), BODY),
    "over the limit": ((b"Content-Length: 1048577",), BODY),
    "huge": ((b"Content-Length: 99999999999999999999",), BODY),
    "5000 digits": ((b"Content-Length: " + b"9" * 5000,), BODY),
    "4301 zeros": ((b"Content-Length: " + b"0" * 4301,), b""),
    "chunks": ((b"Transfer-Encoding: chunked",), b"5\r\nabcde\r\n0\r\n\r\n"),
    "length and chunks": ((b"Content-Length: 5", b"Transfer-Encoding: chunked"), b"5\r\nabcde\r\n0\r\n\r\n"),
    "chunks and length": ((b"Transfer-Encoding: chunked", b"Content-Length: 99"), b"0\r\n\r\n" + BODY),
    "chunk letters": ((b"Transfer-Encoding: chunked",), b"xyz\r\n" + BODY),
    "chunk negative": ((b"Transfer-Encoding: chunked",), b"-5\r\nabcde\r\n0\r\n\r\n"),
    "chunk huge": ((b"Transfer-Encoding: chunked",), b"FFFFFFFFFFFFFFFFF\r\n" + BODY),
    "chunk 0x": ((b"Transfer-Encoding: chunked",), b"0x5\r\nabcde\r\n0\r\n\r\n"),
    "chunk without end": ((b"Transfer-Encoding: chunked",), b"5\r\nabcde\r\n"),
    "chunk too long": ((b"Transfer-Encoding: chunked",), b"3\r\nabcdefgh\r\n0\r\n\r\n"),
    "chunk bare LF": ((b"Transfer-Encoding: chunked",), b"5\nabcde\n0\n\n"),
    "chunk extension": ((b"Transfer-Encoding: chunked",), b"5;" + NAME * 600 + b"\r\nabcde\r\n0\r\n\r\n"),
    "chunk extension CR": ((b"Transfer-Encoding: chunked",), b"5;a\rb\r\nabcde\r\n0\r\n\r\n"),
    "chunk NUL": ((b"Transfer-Encoding: chunked",), b"5\0\r\nabcde\r\n0\r\n\r\n"),
    "chunk empty size": ((b"Transfer-Encoding: chunked",), b"\r\nabcde\r\n0\r\n\r\n"),
    "trailers": ((b"Transfer-Encoding: chunked",), b"0\r\nX-A: " + WHO + b"\r\nContent-Length: 9\r\n\r\n"),
    "trailers bad": ((b"Transfer-Encoding: chunked",), b"0\r\n" + WHO + b"\r\n\r\n"),
    "trailers many": ((b"Transfer-Encoding: chunked",), b"0\r\n" + b"X-A: b\r\n" * 2000 + b"\r\n"),
    "1000 chunks": ((b"Transfer-Encoding: chunked",), b"1\r\na\r\n" * 1000 + b"0\r\n\r\n"),
    "unknown coding": ((b"Transfer-Encoding: " + NAME,), BODY),
    "gzip coding": ((b"Transfer-Encoding: gzip, chunked",), b"0\r\n\r\n"),
    "chunked not last": ((b"Transfer-Encoding: chunked, gzip",), b"0\r\n\r\n"),
    "chunked twice": ((b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), b"0\r\n\r\n"),
    "chunked in disguise": ((b"Transfer-Encoding: \x0bchunked",), b"0\r\n\r\n"),
    "chunked quoted": ((b'Transfer-Encoding: "chunked"',), b"0\r\n\r\n"),
    "chunked identity": ((b"Transfer-Encoding: identity, chunked",), b"0\r\n\r\n"),
    "coding empty": ((b"Transfer-Encoding:",), b"0\r\n\r\n"),
    "smuggled": (
        (b"Content-Length: 0",),
        b"GET /staff/ HTTP/1.1\r\nHost: localhost\r\nX-A: " + WHO + b"\r\n\r\n",
    ),
    "noise": ((b"Content-Length: 64",), bytes(range(192, 256))),
}


def _whole(raw: bytes, dice: random.Random) -> bytes:
    return raw


def _bare_line_feeds(raw: bytes, dice: random.Random) -> bytes:
    return raw.replace(b"\r\n", b"\n")


def _bare_returns(raw: bytes, dice: random.Random) -> bytes:
    return raw.replace(b"\r\n", b"\r")


def _cut(raw: bytes, dice: random.Random) -> bytes:
    return raw[: dice.randrange(len(raw) + 1)]


def _flipped(raw: bytes, dice: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(3):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _with_control(raw: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(raw))
    return raw[:at] + dice.choice([b"\0", b"\r", b"\n", b"\x0b", b"\x7f", b"\x85", b"\r\n\r\n"]) + raw[at:]


def _pipelined(raw: bytes, dice: random.Random) -> bytes:
    return b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + raw * dice.randrange(2, 6)


def _after_blank_lines(raw: bytes, dice: random.Random) -> bytes:
    return b"\r\n" * dice.randrange(1, 50) + raw


def _after_tls_hello(raw: bytes, dice: random.Random) -> bytes:
    return b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + dice.randbytes(64) + raw


def _after_proxy_line(raw: bytes, dice: random.Random) -> bytes:
    return b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + raw


def _after_h2_preface(raw: bytes, dice: random.Random) -> bytes:
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0" + raw


def _as_noise(raw: bytes, dice: random.Random) -> bytes:
    return dice.randbytes(dice.randrange(1, 4000))


SENDING: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "whole": _whole,
    "bare LF": _bare_line_feeds,
    "bare CR": _bare_returns,
    "cut": _cut,
    "flipped": _flipped,
    "control": _with_control,
    "pipelined": _pipelined,
    "blank lines": _after_blank_lines,
    "TLS hello": _after_tls_hello,
    "proxy line": _after_proxy_line,
    "HTTP/2 preface": _after_h2_preface,
    "noise": _as_noise,
}


def kinds(dice: random.Random, count: int) -> Iterator[Kind]:
    """`count` different kinds: first every single fault alone, then mixtures."""
    told = set()
    for choice in (*_single_faults(), *_mixtures(dice, 3 * count)):
        if choice not in told and len(told) < count:
            told.add(choice)
            yield _made(choice, dice)


Choice = tuple[str, str, str, str, str, str]
PLAIN: Choice = ("POST", "form", "1.1", "plain", "whole", "whole")
TABLES = (METHODS, TARGETS, VERSIONS, HEADERS, BODIES, SENDING)


def _single_faults() -> Iterator[Choice]:
    for place, table in enumerate(TABLES):
        for name in table:
            method, target, version, headers, body, sending = (*PLAIN[:place], name, *PLAIN[place + 1 :])
            yield method, target, version, headers, body, sending


def _mixtures(dice: random.Random, count: int) -> Iterator[Choice]:
    """Mostly one or two faults: with more, the first alone decides."""
    for _ in range(count):
        faulty = dice.sample(range(6), dice.choice([2, 2, 2, 3, 3, 6]))
        drawn = [
            dice.choice(list(table)) if place in faulty else PLAIN[place]
            for place, table in enumerate(TABLES)
        ]
        method, target, version, headers, body, sending = drawn
        yield method, target, version, headers, body, sending


def _made(choice: Choice, dice: random.Random) -> Kind:
    method, target, version, headers, body, sending = choice
    announced, content = BODIES[body]
    line = METHODS[method] + b" " + TARGETS[target] + VERSIONS[version]
    raw = b"\r\n".join([line, *HEADERS[headers], *announced, b"", content])
    sent = SENDING[sending](raw, dice) or b"\r\n"
    at = dice.randrange(len(sent))
    parts = (sent[:at], sent[at:]) if dice.random() < 0.2 else (sent,)
    return Kind(" / ".join(choice), parts, "reset" if dice.random() < 0.03 else "end")
