"""Case files: what people have established about an incident."""
