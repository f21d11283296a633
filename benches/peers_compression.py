"""Measures the peers of query-aware compression on question/answer sets: what share of the answers survives when the
documents are cut to a token budget. The same definitions as `promptopt eval compression`.

    pip install headroom-ai==0.42.0
    python3 benches/peers_compression.py QA_FOLDER [--tool-output FOLDER] [--output results.json]

`QA_FOLDER` holds `nq20`, `hotpot10`, `xquad_de`, `xquad_hi`, `qmsum`, `kv75` as `.jsonl.gz`. `--only nq20,kv75`,
`--peers headroom-ai`, `--limit 50`, `--no-latency` measure a part. The Rust peers and the token counter (`o200k_base`)
sit in one child process, `benches/peers/compression`, which is built first (into `target/peers`; the peers bring some
200 crates); headroom's TextCrusher is called here. Once that is built, no network is used; no model is loaded.

No peer takes a token budget, so its ratio is searched (seven tries) for the largest output within the budget. A peer
that has no such output gives its smallest one: the row counts in `over_budget`, `tokens_out` counts all of it, and
`kept` judges its beginning, cut at the budget.
"""

import argparse
import gzip
import json
import os
import re
import statistics
import string
import subprocess
import sys
import time
import unicodedata

TRIES = 7
RATIOS = {"kv75": [10], "kv75_lines": [10]}
# `_inline` and `_lines` are the same rows in a form that is kinder to the peers: the document's header on the line of
# its text, as the prompts of the lost-in-the-middle set have it (its words then count for the first sentence); one JSON
# member a line.
DATASETS = ["nq20", "nq20_inline", "hotpot10", "hotpot10_inline", "xquad_de", "xquad_hi", "qmsum", "kv75", "kv75_lines"]
PEERS = ["llmtrim-core", "headroom-ai", "compression-prompt"]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class RustPeers:
    """The long-running child that counts tokens and calls the peers that are crates."""

    def __init__(self, program):
        self.child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **request):
        self.child.stdin.write(json.dumps(request).encode() + b"\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline()
        if not answer:
            sys.exit("the child of the Rust peers ended: its error stands above")
        return json.loads(answer)

    def count(self, texts):
        return self.ask(op="count", texts=texts)["tokens"]


class Headroom:
    def __init__(self, rust):
        from headroom.transforms.text_crusher import TextCrusher

        self.crusher, self.rust = TextCrusher(), rust

    def compress(self, text, question, keep):
        began = time.perf_counter()
        result = self.crusher.compress(text, question, keep)
        spent = (time.perf_counter() - began) * 1e3
        return {"text": result.compressed, "tokens": self.rust.count([result.compressed])[0], "ms": spent}


class RustPeer:
    def __init__(self, rust, name):
        self.rust, self.name = rust, name

    def compress(self, text, question, keep):
        return self.rust.ask(op="compress", peer=self.name, text=text, question=question, keep=keep)


def search(peer, text, question, ratio, budget):
    """The largest output within the budget that seven tries find: the ratio itself first, doubled while it fits, then
    bisection. Where nothing fits, the last try is 0 and the smallest output is the answer."""
    low, high, best, smallest = 0.0, None, None, None
    keep = 1 / ratio
    for attempt in range(TRIES):
        result = peer.compress(text, question, keep)
        if smallest is None or result["tokens"] < smallest["tokens"]:
            smallest = result
        if result["tokens"] <= budget:
            low = keep
            if best is None or result["tokens"] > best["tokens"]:
                best = result
            if keep >= 1.0:
                break
        else:
            high = keep
        if best is None and attempt == TRIES - 2:
            keep = 0.0
        else:
            keep = min(1.0, 2 * low) if high is None else (low + high) / 2
    return best or smallest


# What counts as kept.

ARTICLES = re.compile(r"\b(a|an|the)\b")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
PUNCTUATION = {
    ord(character): None
    for character in map(chr, range(sys.maxunicode + 1))
    if character in string.punctuation or unicodedata.category(character).startswith("P")
}


def squad_normalised(text):
    """SQuAD's order: lower case, punctuation away (Unicode's, as MLQA does), articles away, blanks collapsed."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def answer_kept(row, output):
    haystack = squad_normalised(output)
    for answer in map(squad_normalised, row["answers"]):
        if not answer:
            continue
        if UNSPACED.search(answer):
            if answer in haystack:
                return 1.0
        elif f" {answer} " in f" {haystack} ":
            return 1.0
    return 0.0


def evidence_sentences(row):
    """The sentences of the evidence turns: cut after `.`, `!`, `?` before a blank, blanks collapsed."""
    turns = (row["turns"][at] for at in row["evidence"])
    return [" ".join(part.split()) for turn in turns for part in SENTENCE_END.split(turn) if part.strip()]


def evidence_kept(row, output):
    """The share of the evidence's tokens that stand in sentences found whole in the output, as whole words."""
    haystack = f" {' '.join(output.split())} "
    sentences = list(zip(row["sentences"], row["sentence_tokens"]))
    found = sum(tokens for sentence, tokens in sentences if f" {sentence} " in haystack)
    return found / max(1, sum(tokens for _, tokens in sentences))


def value_kept(row, output):
    return float(row["value"] in output)


def render(row, after_header):
    parts = []
    for number, document in enumerate(row["documents"], 1):
        title = document["title"]
        header = f"Document [{number}](Title: {title})" if title is not None else f"Document [{number}]"
        parts.append(f"{header}{after_header}{document['text']}\n")
    return "".join(parts)


def load(folder, dataset, limit, rust):
    """Rows with `text`, `question`, `kept` (a function of row and output) and `tokens_in`."""
    name = dataset.removesuffix("_lines").removesuffix("_inline")
    with gzip.open(os.path.join(folder, f"{name}.jsonl.gz"), "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][:limit]
    for row in rows:
        if dataset.startswith("kv75"):
            row["text"], row["question"], row["kept"] = row["json"], row["key"], value_kept
            if dataset == "kv75_lines":
                row["text"] = row["json"].replace(", ", ",\n")
        elif dataset == "qmsum":
            row["text"], row["kept"] = "\n".join(row["turns"]), evidence_kept
            row["sentences"] = evidence_sentences(row)
            row["sentence_tokens"] = rust.count(row["sentences"])
        else:
            row["text"], row["kept"] = render(row, " " if dataset.endswith("_inline") else "\n"), answer_kept
    for row, tokens in zip(rows, rust.count([row["text"] for row in rows])):
        row["tokens_in"] = tokens
    return rows


def measure(rust, peer, name, dataset, ratio, rows):
    kept, over, n_out, times = 0.0, 0, 0, []
    for row in rows:
        budget = int(row["tokens_in"] / ratio)
        result = search(peer, row["text"], row["question"], ratio, budget)
        output = result["text"]
        if result["tokens"] > budget:
            over += 1
            output = rust.ask(op="cut", text=output, budget=budget)["text"]
        kept += row["kept"](row, output)
        n_out += result["tokens"]
        times.append(result["ms"])
    return {
        "dataset": dataset,
        "method": name,
        "ratio": ratio,
        "n": len(rows),
        "kept": round(100 * kept / len(rows), 1),
        "tokens_in": sum(row["tokens_in"] for row in rows),
        "tokens_out": n_out,
        "over_budget": over,
        "p50_ms": round(statistics.median(times), 3),
    }


def latency(peers, folder, rust):
    """One call to a quarter, on one nq20 row and on rows joined up to 128k tokens. The slow ones are called less."""
    rows = load(folder, "nq20", None, rust)
    joined, n_tokens = [], 0
    for row in rows:
        if n_tokens + row["tokens_in"] > 128_000:
            break
        joined.append(row["text"])
        n_tokens += row["tokens_in"]
    results = []
    for label, text, calls in [("3k", rows[0]["text"], 51), ("128k", "".join(joined), 5)]:
        tokens = rust.count([text])[0]
        for name, peer in peers.items():
            times = [peer.compress(text, rows[0]["question"], 0.25)["ms"] for _ in range(calls)]
            results.append({
                "latency": label, "method": name, "tokens": tokens, "calls": calls,
                "p50_ms": round(statistics.median(times), 3), "min_ms": round(min(times), 3),
            })
            print(json.dumps(results[-1]), flush=True)
    return results


def headroom_lossless(text, is_json):
    """The smallest of its lossless passes: table for JSON, format-native folds for everything else."""
    from headroom.transforms.compaction_codec import expand_compacted, factor_values
    from headroom.transforms.lossless_compaction import compact_lossless
    from headroom.transforms.smart_crusher import SmartCrusher

    if is_json:
        crusher = SmartCrusher(lossless_only=True)
        began = time.perf_counter()
        table = factor_values(crusher.crush(text, "").compressed)
        spent = (time.perf_counter() - began) * 1e3
        return table, expand_compacted(table) == json.loads(text), spent
    began = time.perf_counter()
    # It checks each against its own inverse, and returns the text as it was when that fails.
    folds = [compact_lossless(text, kind) for kind in ("search", "paths", "log", "text", "config")]
    spent = (time.perf_counter() - began) * 1e3
    return min(folds, key=len), True, spent


WORD = re.compile(r"[\w.-]*[^\W\d_][\w.-]*|\d+(?:\.\d+){3}")


def words_gone(text, output):
    """Distinct names, hosts and addresses of the text that stand nowhere in the output: a pass that is lossless loses
    none. Plain numbers and times are left out, as they may be written as ranges."""
    return sum(word not in output for word in {found.strip(".-") for found in WORD.findall(text)})


def lossless(folder, rust, names):
    results = []
    for file in sorted(os.listdir(folder)):
        path = os.path.join(folder, file)
        if not file.endswith((".json", ".log.gz")):
            continue
        with (gzip.open if file.endswith(".gz") else open)(path, "rt", encoding="utf-8", newline="") as content:
            text = content.read()
        tokens_in = rust.count([text])[0]
        found = []
        if "llmtrim-core" in names:
            for variant in ("safe", "ngram", "template"):
                answer = rust.ask(op="lossless", variant=variant, text=text)
                output = "\n".join(answer["texts"])
                found.append((f"llmtrim-core {variant}", output, answer["tokens"], answer["decodes"], answer["ms"]))
        if "headroom-ai" in names:
            output, decodes, spent = headroom_lossless(text, file.endswith(".json"))
            found.append(("headroom-ai lossless", output, rust.count([output])[0], decodes, spent))
        for method, output, tokens_out, decodes, spent in found:
            gone = words_gone(text, output)
            results.append({
                "file": file, "method": method, "tokens_in": tokens_in, "tokens_out": tokens_out,
                "saved": round(100 * (1 - tokens_out / tokens_in), 1), "decodes": decodes if gone == 0 else False,
                "words_gone": gone, "ms": round(spent, 2),
            })
            print(json.dumps(results[-1]), flush=True)
    return results


def tables(results):
    """Markdown: shares kept, latency, lossless passes."""
    kept = [result for result in results if "kept" in result]
    yield "| data | ratio | n | " + " | ".join(PEERS) + " |"
    yield "|---|---:|---:|" + "---:|" * len(PEERS)
    for dataset, ratio, n in dict.fromkeys((result["dataset"], result["ratio"], result["n"]) for result in kept):
        cells = {name: "–" for name in PEERS}
        for result in kept:
            if (result["dataset"], result["ratio"]) == (dataset, ratio):
                over = f" ({result['over_budget']} over)" if result["over_budget"] else ""
                used = result["tokens_out"] * ratio / result["tokens_in"]
                cells[result["method"]] = f"{result['kept']:.1f}{over}, {100 * used:.0f} %, {result['p50_ms']:.1f} ms"
        yield f"| {dataset} | {ratio} | {n} | " + " | ".join(cells.values()) + " |"
    yield "\nCells: % kept, share of the budget used, median of one call.\n"
    for keys in (
        ["latency", "method", "tokens", "calls", "p50_ms", "min_ms"],
        ["file", "method", "tokens_in", "tokens_out", "saved", "decodes", "words_gone", "ms"],
    ):
        rows = [result for result in results if keys[0] in result]
        if rows:
            yield "| " + " | ".join(keys) + " |\n" + "|---" * len(keys) + "|"
            yield from ("| " + " | ".join(str(row[key]) for key in keys) + " |" for row in rows)
            yield ""


def build():
    folder = os.path.join(ROOT, "benches/peers/compression")
    target = os.path.join(ROOT, "target/peers")
    command = ["cargo", "build", "--release", "--locked", "--target-dir", target]
    subprocess.run([*command, "--manifest-path", os.path.join(folder, "Cargo.toml")], check=True)
    return os.path.join(target, "release/peers-compression")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--tool-output")
    parser.add_argument("--output")
    parser.add_argument("--only", default=",".join(DATASETS))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--limit", type=int)
    parser.add_argument("--no-latency", action="store_true")
    arguments = parser.parse_args()

    rust = RustPeers(build())
    names = arguments.peers.split(",")
    peers = {name: Headroom(rust) if name == "headroom-ai" else RustPeer(rust, name) for name in names}
    results = []
    for dataset in filter(None, arguments.only.split(",")):
        rows = load(arguments.folder, dataset, arguments.limit, rust)
        for name, peer in peers.items():
            for ratio in RATIOS.get(dataset, [2, 4, 8]):
                results.append(measure(rust, peer, name, dataset, ratio, rows))
                print(json.dumps(results[-1]), flush=True)
    if not arguments.no_latency:
        results += latency(peers, arguments.folder, rust)
    if arguments.tool_output:
        results += lossless(arguments.tool_output, rust, names)
    if arguments.output:
        with open(arguments.output, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    print("\n" + "\n".join(tables(results)))


if __name__ == "__main__":
    main()
