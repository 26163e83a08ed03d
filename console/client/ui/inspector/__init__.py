"""Beside the transcript: confidence chart, sources, tools, prompt, customer, receipts."""
