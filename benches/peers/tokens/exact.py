"""Compares counts with Python `tiktoken`, document by document.

    cargo run --release --manifest-path benches/peers/tokens/Cargo.toml --bin counts -- ENCODING FILE.docs … > counts.txt
    python3 exact.py VOCABULARIES ENCODING counts.txt FILE.docs …

`counts.txt` has a line for each document: its number of tokens. See `compare.py` for the rest.
"""

import hashlib
import os
import shutil
import sys
import tempfile

from compare import URLS, documents


def main():
    vocabularies, encoding, counts, *paths = sys.argv[1:]
    cache = tempfile.mkdtemp()
    shutil.copy(os.path.join(vocabularies, encoding + ".tiktoken"), os.path.join(cache, hashlib.sha1(URLS.format(encoding).encode()).hexdigest()))
    os.environ["TIKTOKEN_CACHE_DIR"] = cache
    import tiktoken

    bpe, lines, n, different = tiktoken.get_encoding(encoding), open(counts), 0, 0
    for path in paths:
        for text in documents(path):
            n += 1
            expected, found = len(bpe.encode_ordinary(text)), int(next(lines))
            if expected != found:
                different += 1
                print(path, expected, found, repr(text[:200]))
    print(f"{encoding}: {n} documents, {different} differences from tiktoken {tiktoken.__version__}")


if __name__ == "__main__":
    main()
