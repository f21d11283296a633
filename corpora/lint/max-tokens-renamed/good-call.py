from anthropic import Anthropic

client = Anthropic()
answer = client.messages.create(
    model="claude-opus-5-5",
    max_tokens=300,
    system="Name the plant in one short sentence.",
    messages=[{"role": "user", "content": "Which plant has red leaves all year?"}],
)
