"""Download adapters: files from public sources, exactly as received, with a record of where they are from."""
