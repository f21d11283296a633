SCORE_PROMPT = 'Answer as {{"score": 3, "why": "..."}} and nothing else. Text: {text!r:>10}'
PLAIN_PROMPT = 'Answer as {"score": 3, "why": "..."} and nothing else.'
REPLACED_PROMPT = 'Answer as {"score": 3} and nothing else. Text: {text}'


def score(text, row):
    yield SCORE_PROMPT.format(text=text)
    yield REPLACED_PROMPT.replace("{text}", text)
    prompt = f'Answer as {{"score": 3}} and nothing else. {text} {row["name"]} {row["n"]:.2f}'
    yield prompt
