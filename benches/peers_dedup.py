"""Finds the planted near-duplicates with the peers and with ours, in turns, one thread each, and prints the medians. Needs
`pip install datasketch rensa`, Cargo, and the files that `generate_duplicates` makes.

    cargo run --release -p promptopt --example generate_duplicates -- 100000 duplicates
    python3 benches/peers_dedup.py duplicates [ROUNDS]

Word trigrams, 128 permutations, threshold 0.8; query, then insert. Speed is documents a second of CPU time, words and
shingles included. Recall: of the planted pairs with J >= 0.8. Precision: pairs reported with J >= 0.8, by the words themselves.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
THRESHOLD = 0.8
PUNCTUATION = re.compile(r"[.,]+(?=\s|$)")


def shingles(text):
    words = PUNCTUATION.sub("", text.lower()).split()
    return {" ".join(words[at : at + 3]) for at in range(len(words) - 2)}


def jaccard(a, b):
    return len(a & b) / len(a | b)


def datasketch_peer():
    from datasketch import MinHash, MinHashLSH

    def run(texts):
        index, pairs = MinHashLSH(threshold=THRESHOLD, num_perm=128), []
        for number, text in enumerate(texts):
            sketch = MinHash(num_perm=128)
            sketch.update_batch([shingle.encode() for shingle in shingles(text)])
            pairs += [(other, number) for other in index.query(sketch)]
            index.insert(number, sketch)
        return pairs

    return run


def rensa_peer(bands):
    from rensa import RMinHash, RMinHashLSH

    def run(texts):
        index, pairs = RMinHashLSH(threshold=THRESHOLD, num_perm=128, num_bands=bands), []
        for number, text in enumerate(texts):
            sketch = RMinHash(num_perm=128, seed=42)
            sketch.update(list(shingles(text)))
            pairs += [(other, number) for other in index.query(sketch)]
            index.insert(number, sketch)
        return pairs

    return run


def in_process(name, run, texts, truth):
    began = time.thread_time()
    pairs = set(run(texts))
    seconds = time.thread_time() - began
    right = sum(jaccard(shingles(texts[a]), shingles(texts[b])) >= THRESHOLD for a, b in pairs)
    found = len(truth & pairs)
    return {
        "name": name,
        "docs_per_s": len(texts) / seconds,
        "recall": found / len(truth),
        "precision": right / max(1, len(pairs)),
        "pairs": len(pairs),
    }


def program(command):
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def main():
    name, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    texts = [json.loads(line)["prompt"] for line in open(name + ".jsonl", encoding="utf-8")]
    rows = [line.split("\t") for line in open(name + ".truth.tsv", encoding="utf-8")]
    truth = {(int(a), int(b)) for a, b, similarity in rows if float(similarity) >= THRESHOLD}
    root = os.path.dirname(HERE)
    build = ["cargo", "build", "--release", "--quiet"]
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
    ours = os.environ.get("MEASURE_DEDUP", os.path.join(target, "release/examples/measure_dedup"))
    if "MEASURE_DEDUP" not in os.environ:
        subprocess.run([*build, "-p", "promptopt", "--example", "measure_dedup"], cwd=root, check=True)
    peer = os.path.join(HERE, "peers/dedup")
    peer_target = os.path.join(target, "peers")
    subprocess.run([*build, "--target-dir", peer_target], cwd=peer, check=True)

    runs = {
        "promptopt": lambda: program([ours, name]),
        "gaoya": lambda: program([os.path.join(peer_target, "release/peers-dedup"), name]),
    }
    for bands in (8, 16):
        label = f"rensa ({bands} bands)"
        runs[label] = lambda label=label, bands=bands: in_process(label, rensa_peer(bands), texts, truth)
    runs["datasketch"] = lambda: in_process("datasketch", datasketch_peer(), texts, truth)

    results = {}
    for _ in range(rounds):
        for key, run in runs.items():
            results.setdefault(key, []).append(run())
    print(f"{len(texts)} documents, {len(truth)} planted pairs with J >= {THRESHOLD}, {rounds} rounds")
    for lines in results.values():
        speeds = sorted(line["docs_per_s"] for line in lines)
        last = lines[-1]
        print(
            f"{last['name']:<28} {statistics.median(speeds):>9.0f} docs/s ({speeds[0]:.0f}-{speeds[-1]:.0f})"
            f"  recall {last['recall']:.4f}  precision {last['precision']:.4f}  {last['pairs']} pairs"
        )


main()
