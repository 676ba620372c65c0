"""Files as received, read by a mapping: recognise a table, describe it in YAML, turn it into figures."""
