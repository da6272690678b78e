"""Schema history. Written in SQL, because CHECKs, exclusions, triggers and partitions are the point of it."""
