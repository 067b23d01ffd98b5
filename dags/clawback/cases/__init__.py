"""Case files: which incident, which addresses, what came back, and who says so; reviewed by people."""
