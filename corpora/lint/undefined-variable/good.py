# Several calls may each fill in a part; names, positions and `**` are not all seen.
GREETING_PROMPT = "Greet {name} in {language}, and say that {reason} is why."
OTHER_PROMPT = "Answer {question} as {persona} would, in a few words."
THIRD_PROMPT = "Name three towns in {country} with {{braces}} around each."
JINJA_PROMPT = "Greet {{ customer }} and ask after {{ pet }} with kindness."


def greet(values, **rest):
    yield GREETING_PROMPT.format(**values)
    yield OTHER_PROMPT.format(question="Why?")
    yield OTHER_PROMPT.format(question="Why?", persona="a poet")
    yield THIRD_PROMPT.format(country="Chile")
    yield f"Say {values} to {rest}"
    yield render(JINJA_PROMPT)
