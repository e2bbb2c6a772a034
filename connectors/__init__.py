"""Where articles come from: one module per kind of source, each making `pipeline.records.Article`."""
