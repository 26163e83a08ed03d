"""Pure rules of the backend: where a conversation stands in the queue, and what of a customer is hidden.

May not touch: I/O, the database, the web framework, the clock.
"""
