from openai import OpenAI

client = OpenAI()
answer = client.chat.completions.create(
    model="o3",
    max_tokens=300,
    messages=[{"role": "system", "content": "Name the plant in one short sentence."}],
)
