from openai import OpenAI

client = OpenAI()
SYSTEM_PROMPT = "You answer questions about plants in one sentence, and say so if you do not know."
answer = client.chat.completions.create(
    model="o3",
    temperature=0.2,
    max_tokens=3000,
    messages=[{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": question}],
)
