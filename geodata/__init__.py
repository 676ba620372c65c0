"""Admin units, boundary sets, topology, projection, the published tables' contracts and the snapshot reader."""
