"""Proof that a registry loses nothing it acknowledged: kills, power loss, corruption, full disks, set clocks."""
