"""The phase in which the base is frozen: its features computed once, and fed from then on."""

from tidemill.models.images.frozen.caching import FrozenBase, cached_features
from tidemill.models.images.frozen.features import CachedFeatures
from tidemill.models.images.frozen.feeds import FeatureBatch, FeatureFeed, feature_feed

__all__ = ["CachedFeatures", "FeatureBatch", "FeatureFeed", "FrozenBase", "cached_features", "feature_feed"]
