# Put together elsewhere.
HEAD_PROMPT = "{% if history %}Before that came this: {{ history }}"
TAIL_PROMPT = "Answer the question as well as you can.{% endif %}"
