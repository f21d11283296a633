"""LiteLLM's token_counter against billed input tokens, for request/response pairs in the form of the recordings: text-only
chat-completions and messages requests without server-side tools. Prints provider, class, n, exact, mean absolute error.

    python3 benches/peers_accuracy.py recordings.jsonl.gz
"""

import collections
import gzip
import json
import logging
import os
import sys

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
logging.disable(logging.CRITICAL)

import litellm  # noqa: E402

HIDDEN = {"vision", "document_in", "audio_in", "web_search", "code_execution", "previous_response_id", "file_ref_in"}


def billed(usage):
    if "prompt_tokens" in usage:
        return usage["prompt_tokens"]
    parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return sum(usage.get(part) or 0 for part in parts)


def main():
    rows = collections.defaultdict(list)
    failed = collections.Counter()
    for line in gzip.open(sys.argv[1], "rt", encoding="utf-8"):
        record = json.loads(line)
        if record["kind"] not in ("chat.completions", "messages") or not record["usage"] or HIDDEN & set(record["features"]):
            continue
        body = record["request"]
        body = json.loads(body) if isinstance(body, str) else body
        messages = list(body.get("messages") or [])
        if body.get("system"):
            messages.insert(0, {"role": "system", "content": body["system"]})
        structured = (body.get("response_format") or {}).get("type") == "json_schema"
        kind = "tools" if body.get("tools") else "structured" if structured else "plain"
        try:
            counted = litellm.token_counter(
                model=record["model"] or body.get("model"), messages=messages, tools=body.get("tools"), tool_choice=body.get("tool_choice")
            )
        except Exception:
            failed[record["provider"], kind] += 1
            continue
        rows[record["provider"], kind].append((counted, billed(record["usage"])))
    for key in sorted(rows):
        pairs = [(c, b) for c, b in rows[key] if b]
        exact = sum(c == b for c, b in pairs) / len(pairs)
        error = sum(abs(c - b) / b for c, b in pairs) / len(pairs)
        print(f"{key[0]:12} {key[1]:11} {len(pairs):4} exact {exact:6.1%} mean error {error:7.1%} failed {failed[key]}")


main()
