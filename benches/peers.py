"""Prices the same chat log with the Python peers, one call after the other as their users do, and prints bytes a second of
CPU time. Needs `pip install tiktoken litellm tokencost` and, without a network, TIKTOKEN_CACHE_DIR.

    python3 benches/peers.py chat.jsonl [tiktoken|litellm|tokencost] ...
"""

import json
import logging
import os
import sys
import time

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
logging.disable(logging.CRITICAL)


def tiktoken_peer():
    import tiktoken

    encoding = tiktoken.encoding_for_model("gpt-4o-mini")

    def price(body):
        return sum(len(encoding.encode_ordinary(message["content"])) + 4 for message in body["messages"])

    return price


def litellm_peer():
    import litellm

    def price(body):
        tokens = litellm.token_counter(model=body["model"], messages=body["messages"])
        litellm.cost_per_token(model=body["model"], prompt_tokens=tokens, completion_tokens=0)
        return tokens

    return price


def tokencost_peer():
    import tokencost

    def price(body):
        # Counts the tokens on its way; the cost in units of a ten-millionth of a dollar stands in for them.
        return int(tokencost.calculate_prompt_cost(body["messages"], body["model"]) * 10_000_000)

    return price


PEERS = {"tiktoken": tiktoken_peer, "litellm": litellm_peer, "tokencost": tokencost_peer}


def main():
    path, names = sys.argv[1], sys.argv[2:] or list(PEERS)
    size = os.path.getsize(path)
    for name in names:
        price = PEERS[name]()
        began, total, calls = time.process_time(), 0, 0
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                total += price(json.loads(line))
                calls += 1
        seconds = time.process_time() - began
        print(f"{name}: {calls} calls, {total} tokens, {seconds:.2f} s CPU, {size / seconds / 1e6:.2f} MB/s")


main()
