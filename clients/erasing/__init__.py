"""Erasing a client from everything that the book of record, its imports and the site's own tables hold.

`segmentation.rights.erasing`, which every face calls, adds what runs left on disk.
"""
