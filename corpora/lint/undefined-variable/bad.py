SUMMARY_PROMPT = "Sum up {document} in {langauge}, in {n_words} words at most."


def summary(document, language, n):
    return SUMMARY_PROMPT.format(document=document, language=language, n_words=n)
