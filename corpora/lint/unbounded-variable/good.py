def ask(document, n):
    prompt = f"Sum up this in three short sentences: {document[:8000]}"
    return prompt
