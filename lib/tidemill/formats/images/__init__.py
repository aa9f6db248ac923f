"""Images as they are delivered: decode them, bring them to one size, hash what they show; read IDX files."""
