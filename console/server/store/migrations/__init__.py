"""The history of the schema, one revision a file.

May not touch: the tables as they are today; a revision says what was right when it was written.
"""
