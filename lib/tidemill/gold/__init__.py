"""Gold tables, one module each: what it reads, its key, and how its rows are made."""

from tidemill.gold.building import GoldModule, UnknownGoldTable, build_gold, gold_modules

__all__ = ["GoldModule", "UnknownGoldTable", "build_gold", "gold_modules"]
