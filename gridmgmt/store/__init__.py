"""PostGIS: tables, migrations, queries, bulk loads and the private server."""
