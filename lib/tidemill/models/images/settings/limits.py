"""What a training may have at most, known without the libraries that train."""

# Lanes that an epoch's samples are dealt to; the ranks divide them.
LANES = 8
# Augmented views of each image whose features are kept.
MOST_VIEWS = 16
