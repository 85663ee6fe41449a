"""A stand-in for the SQL Server of a site: the wire is TDS, the rows are SQLite's."""

from site_database.server import SqlServer, Views
from site_database.wire import SqlError

__all__ = ["SqlError", "SqlServer", "Views"]
