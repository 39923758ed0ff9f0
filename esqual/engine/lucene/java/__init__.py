"""The few classes that Elasticsearch itself customises: source, jar and build script."""
