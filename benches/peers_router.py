"""LiteLLM's Router against the loopback provider of `load serve PORT`, for a figure beside ours.

    cargo run --release -p promptopt --example load -- serve 18080 &
    python3 benches/peers_router.py 18080 [REQUESTS] [AT_ONCE]

pip install litellm. Requests are those of benches/load.rs; each is another one. Retries and its own logging are off, its
cost tracking is as it comes.
"""

import asyncio
import sys
import time

import litellm
from litellm import Router

FILLER = "The quick brown fox jumps over the lazy dog near the old river bank. " * 12


async def main(port: int, n_requests: int, at_once: int) -> None:
    litellm.suppress_debug_info = True
    router = Router(
        model_list=[
            {
                "model_name": "gpt-4o-mini",
                "litellm_params": {
                    "model": "openai/gpt-4o-mini",
                    "api_key": "sk-none",
                    "api_base": f"http://127.0.0.1:{port}/v1",
                },
            }
        ],
        num_retries=0,
    )
    rates, n = [], 0
    for round_number in range(4):
        gate = asyncio.Semaphore(at_once)

        async def one(number: int) -> None:
            async with gate:
                answer = await router.acompletion(
                    model="gpt-4o-mini",
                    temperature=0,
                    max_tokens=100,
                    messages=[
                        {"role": "system", "content": FILLER},
                        {"role": "user", "content": f"What is the capital of France? ({number})"},
                    ],
                )
                assert "Paris" in answer.choices[0].message.content

        begun = time.perf_counter()
        await asyncio.gather(*(one(n + i) for i in range(n_requests)))
        n += n_requests
        rate = n_requests / (time.perf_counter() - begun)
        # The first round warms up.
        if round_number:
            rates.append(rate)
            print(f"round {round_number}: litellm Router {rate:.0f}/s")
    print(f"median {sorted(rates)[len(rates) // 2]:.0f}/s of {n_requests} requests, {at_once} at once")


if __name__ == "__main__":
    args = [int(arg) for arg in sys.argv[1:]] + [None] * 3
    asyncio.run(main(args[0] or 18080, args[1] or 1000, args[2] or 32))
