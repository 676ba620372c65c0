"""Bring your data: pages on which files become a data package, by way of the command line of the ETL."""
