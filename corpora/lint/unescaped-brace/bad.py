SCORE_PROMPT = """Score the text from 1 to 5.
Answer as JSON: {"score": 3, "why": {"short": "..."}}

Text: {text}"""


def score(text):
    return SCORE_PROMPT.format(text=text)


def ask(question):
    prompt = f'Answer as {"answer": "..."} and nothing else. {question}'
    return prompt
