"""Disclosure control: what must be withheld of a table of counts, and the proof that it cannot be recovered."""
