"""The human-LLM loop on what composing says: a model proposes, a person decides, a file remembers.

`library` is the file, `drafting` asks and checks, `written` makes of it what recipes name.
"""
