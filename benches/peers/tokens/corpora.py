"""Builds the corpora that token counters are measured on, from what a Debian machine with Rust has: documentation, sources,
translated messages. The texts are not kept in the tree.

    cargo run --release -p promptopt --example generate_chat -- 26 > chat.jsonl
    python3 corpora.py FOLDER chat.jsonl

writes FOLDER/{english,code,json,multi,chat,hostile}.docs of 20 MB each and FOLDER/{bigen,bigcode}.docs of up to 184 and 200
MB. A file is a sequence of documents: the length in bytes (32 bits, little-endian), then the text (UTF-8).
"""

import base64
import fnmatch
import gettext
import glob
import gzip
import html
import json
import os
import random
import re
import sys

MB = 1_000_000


def files(*patterns):
    """Files that match patterns; `**` is any depth below a folder, without following links."""
    found = set()
    for pattern in map(os.path.expanduser, patterns):
        top, _, name = pattern.partition("/**/")
        for folder in glob.glob(top) if name else []:
            for path, _, names in os.walk(folder):
                found.update(os.path.join(path, each) for each in names if fnmatch.fnmatch(each, name))
        if not name:
            found.update(glob.glob(pattern))
    found = sorted(found)
    random.Random(1).shuffle(found)
    return [path for path in found if os.path.isfile(path)]


def text_of(path):
    try:
        data = gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read()
        return data.decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError):
        return ""


def chunks(text, rng, low=200, high=9000):
    while text:
        n = rng.randint(low, high)
        yield text[:n]
        text = text[n:]


def write(folder, name, documents, limit):
    size, n, seen = 0, 0, set()
    with open(os.path.join(folder, name + ".docs"), "wb") as out:
        for text in documents:
            data = text.encode("utf-8", "ignore")
            if not data or hash(data) in seen:
                continue
            seen.add(hash(data))
            out.write(len(data).to_bytes(4, "little") + data)
            size, n = size + len(data), n + 1
            if size >= limit:
                break
    print(f"{name}: {size / MB:.1f} MB in {n} documents", flush=True)


def plain_html(text):
    text = re.sub(r"(?s)<(script|style|nav).*?</\1>", "", text)
    return re.sub(r"\n\s*\n+", "\n\n", html.unescape(re.sub(r"<[^>]+>", "", text)))


def english(rng, wide):
    paths = files("/usr/share/doc/**/*", "~/.cargo/registry/src/*/*/*.md", "/usr/share/man/man*/*.gz", "/usr/share/perl/**/*.pod")
    if wide:
        paths += files("~/.rustup/toolchains/1*/share/doc/rust/html/**/*.html")
    for path in paths:
        if path.endswith((".html", ".htm")):
            text = plain_html(text_of(path))
        elif "." not in os.path.basename(path) or path.endswith((".txt", ".md", ".gz", ".rst", ".pod")):
            text = text_of(path)
        else:
            continue
        yield from chunks(text, rng)


def code(rng, patterns):
    for path in files(*patterns):
        yield from chunks(text_of(path), rng, 400, 12000)


def json_documents(rng):
    real = [text_of(path) for path in files("/usr/**/*.json", "~/.cargo/registry/src/*/**/*.json")]
    words = "id name value count status error time host path user order item price total active created note".split()
    for text in real:
        if len(text) < 400_000:
            yield from chunks(text, rng, 400, 8000)
    while True:
        kind = rng.random()
        rows = [
            {rng.choice(words): rng.choice([rng.randint(0, 10**6), rng.random(), f"{rng.choice(words)}-{rng.randint(0, 9999)}", None, True])
             for _ in range(rng.randint(2, 8))}
            for _ in range(rng.randint(3, 40))
        ]
        if kind < 0.6:
            yield json.dumps(rows, indent=rng.choice([None, None, 2, 4]))
        elif kind < 0.8:
            yield "\n".join(
                f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:00Z "
                f"{rng.choice(['INFO', 'WARN', 'ERROR'])} {rng.choice(words)}={rng.randint(0, 10**6)} 10.0.{rng.randint(0, 255)}.{rng.randint(0, 255)}"
                for _ in range(60))
        elif kind < 0.95:
            yield "\n".join(",".join(str(rng.choice([rng.randint(0, 10**5), rng.choice(words), round(rng.random(), 3)])) for _ in range(8)) for _ in range(60))
        else:
            yield base64.b64encode(rng.randbytes(1500)).decode()


def multi(rng):
    pools = {}
    for path in files("/usr/share/locale/*/LC_MESSAGES/*.mo"):
        pools.setdefault(path.split("/")[4], []).append(path)
    for path in files("/usr/share/man/??/man*/*.gz", "/usr/share/man/??_*/man*/*.gz"):
        pools.setdefault(path.split("/")[4], []).append(path)
    queues = {language: list(paths) for language, paths in sorted(pools.items()) if not language.startswith("en")}
    while queues:
        for language in list(queues):
            if not queues[language]:
                del queues[language]
                continue
            path = queues[language].pop()
            if path.endswith(".gz"):
                yield from chunks(text_of(path), rng)
                continue
            try:
                catalog = gettext.GNUTranslations(open(path, "rb"))._catalog
            except (OSError, UnicodeDecodeError, ValueError, IndexError):
                continue
            messages = [text for text in catalog.values() if isinstance(text, str)]
            yield from list(chunks("\n".join(messages), rng, 200, 2500))[:40]


def chat(path):
    for line in open(path, encoding="utf-8"):
        request = json.loads(line)
        request = request.get("body", request)
        yield "\n".join(message["content"] for message in request["messages"] if isinstance(message.get("content"), str))


def hostile(rng):
    letters = "abcdefghijklmnopqrstuvwxyz"
    while True:
        n = rng.randint(1000, 12000)
        yield [
            lambda: rng.choice("a =-\n\t.0é中🦀") * n,
            lambda: "".join(rng.choice(letters) for _ in range(n)),
            lambda: " ".join("".join(rng.choice(letters) for _ in range(rng.randint(1, 300))) for _ in range(n // 150 + 1)),
            lambda: base64.b64encode(rng.randbytes(n)).decode(),
            lambda: rng.randbytes(n).hex(),
            lambda: rng.randbytes(n).decode("utf-8", "replace"),
            lambda: "".join(chr(rng.randint(0, 0xD7FF)) for _ in range(n)),
            lambda: "".join(rng.choice(["'", "s", "S", "ll", "re", "t", "ſ", " ", "x", "'ve"]) for _ in range(n)),
            lambda: "".join(rng.choice([" ", "  ", "\n", "\r\n", "\t", "\u00a0", "x", "\u3000"]) for _ in range(n)),
            lambda: "".join(rng.choice("0123456789.,-٣² ") for _ in range(n)),
            lambda: "".join(rng.choice("aAbB中é\u0301") for _ in range(n)),
        ][rng.randrange(11)]()


def main():
    folder, chat_path = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    rng = random.Random(20261126)
    some_code = ["~/.cargo/registry/src/*/*/src/**/*.rs", "/usr/lib/python3*/**/*.py", "/usr/include/**/*.h", "/usr/lib/node_modules/**/*.js"]
    write(folder, "english", english(rng, False), 20 * MB)
    write(folder, "code", code(rng, some_code), 20 * MB)
    write(folder, "json", json_documents(rng), 20 * MB)
    write(folder, "multi", multi(rng), 20 * MB)
    write(folder, "chat", chat(chat_path), 20 * MB)
    write(folder, "hostile", hostile(rng), 20 * MB)
    write(folder, "bigen", english(rng, True), 184 * MB)
    write(folder, "bigcode", code(rng, ["~/.cargo/registry/src/*/*/**/*.rs"]), 200 * MB)


if __name__ == "__main__":
    main()
