SUMMARY_PROMPT = "Sum up the following document in three sentences.\n\n{document}"


def summary(document, language):
    return SUMMARY_PROMPT.format(document=document, language=language)
