"""Clients that may be one and the same: how alike two are (`comparing`), and who is worth comparing (`searching`).

Record linkage after Fellegi and Sunter (1969): blocks of clients that share a rare word, a telephone, an address…,
then a sum of evidence for each pair of a block. RapidFuzz compares the names.
"""
