"""Gold tables in a database, for whoever reads SQL: changed in one transaction, or not at all."""

from tidemill.publish.publishing import Published, publish_table

__all__ = ["Published", "publish_table"]
