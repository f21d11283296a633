"""Measures token counters beside each other: a fresh process for each, in turn, several rounds; medians.

    cargo build --release --manifest-path benches/peers/tokens/Cargo.toml
    pip install tiktoken==0.14.0 gigatoken==0.10.0
    python3 compare.py PROGRAM VOCABULARIES FOLDER ROUNDS ENCODING COUNTER,COUNTER,… CORPUS …

PROGRAM is `peers-tokens`, VOCABULARIES a folder with `o200k_base.tiktoken` and `cl100k_base.tiktoken` (`tiktoken-rs` has them
in `assets`), FOLDER what `corpora.py` wrote. Counters: promptopt, fastokens, splintr, bpe-openai, tiktoken-rs, and in Python
tiktoken, gigatoken.
"""

import collections
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

URLS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
PASSES = {"promptopt": 6, "fastokens": 6, "gigatoken": 5, "splintr": 4}


def documents(path):
    data, at, found = open(path, "rb").read(), 0, []
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "little")
        found.append(data[at + 4 : end].decode("utf-8", "replace"))
        at = end
    return found


def child(name, encoding, n_passes, vocabularies, paths):
    """The part of `peers-tokens`, for a counter in Python."""
    began = time.perf_counter()
    if name == "tiktoken":
        cache = tempfile.mkdtemp()
        for each in ("o200k_base", "cl100k_base"):
            key = hashlib.sha1(URLS.format(each).encode()).hexdigest()
            shutil.copy(os.path.join(vocabularies, each + ".tiktoken"), os.path.join(cache, key))
        os.environ["TIKTOKEN_CACHE_DIR"] = cache
        import tiktoken

        began = time.perf_counter()
        bpe = tiktoken.get_encoding(encoding)
        count = lambda texts: sum(len(bpe.encode_ordinary(text)) for text in texts)
    else:
        import awkward
        from gigatoken import Tokenizer

        began = time.perf_counter()
        # By default it takes text that spells a special token for one.
        path = os.path.join(vocabularies, encoding + ".tiktoken")
        tokenizer = Tokenizer.from_tiktoken(path, pretokenizer=encoding.split("_")[0], special_tokens={})
        count = lambda texts: int(awkward.count(tokenizer.encode_batch([text.encode() for text in texts], parallel=False)))
    count(["Hello, world! The first count of a process."])
    print(f"start {(time.perf_counter() - began) * 1e3:.2f} ms 0 MB")
    for path in paths:
        texts = documents(path)
        n_bytes, figures = sum(len(text.encode()) for text in texts), []
        for _ in range(n_passes):
            began = time.process_time()
            n_tokens = count(texts)
            figures.append(n_bytes / 1e6 / (time.process_time() - began))
        print(f"{path} {figures[0]:.1f} {statistics.median(figures[1:] or figures):.1f} {n_tokens} 0", flush=True)


def main():
    if sys.argv[1] == "--child":
        return child(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], sys.argv[6:])
    program, vocabularies, folder, rounds, encoding, counters, *corpora = sys.argv[1:]
    paths = [os.path.join(folder, corpus + ".docs") for corpus in corpora]
    figures, tokens, starts = collections.defaultdict(list), {}, collections.defaultdict(list)
    for _ in range(int(rounds)):
        for name in counters.split(","):
            for path in paths:
                command = [program] if name not in ("tiktoken", "gigatoken") else [sys.executable, __file__, "--child"]
                n_passes = 1 if "big" in path else PASSES.get(name, 2)
                command += [name, encoding, str(n_passes), vocabularies, path]
                done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "RAYON_NUM_THREADS": "1"})
                if done.returncode != 0:
                    print(name, path, done.stderr[-300:], file=sys.stderr)
                    continue
                start, row = done.stdout.splitlines()
                starts[name].append(float(start.split()[1]))
                _, cold, warm, n, resident = row.split()
                figures[name, path].append((float(cold), float(warm), float(resident)))
                tokens.setdefault(path, {})[name] = int(n)
    print(f"| {encoding}: cold / warm, MB/s of CPU time | start, ms | " + " | ".join(corpora) + " |")
    print("|---" * (len(corpora) + 2) + "|")
    for name in counters.split(","):
        cells = []
        for path in paths:
            rows = figures[name, path]
            cells.append(" / ".join(f"{statistics.median(column):.0f}" for column in list(zip(*rows))[:2]) if rows else "–")
        print(f"| {name} | {statistics.median(starts[name] or [0]):.1f} | " + " | ".join(cells) + " |")
    for path, counts in tokens.items():
        if len(set(counts.values())) > 1:
            print(path, counts)


if __name__ == "__main__":
    main()
