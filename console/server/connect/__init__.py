"""Ways in: transcripts and channels become the contract's conversations.

May not touch: HTTP routes, the database.
"""
