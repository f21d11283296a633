SUMMARY_PROMPT = "Sum up {document.text} in {n:>3} words, as {people[0]} would."


def summary(document, people):
    return SUMMARY_PROMPT.format(document=document, n=3, people=people)
