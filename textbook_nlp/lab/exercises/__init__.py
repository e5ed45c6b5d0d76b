"""Checks and hints for the exercises, a file a chapter; `core` is the machinery under them.

A notebook writes `from textbook_nlp.lab.exercises import recurrent_networks as check` and then
`check.NAME(answer)`.
"""
