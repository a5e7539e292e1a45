"""Products, variants, collections and metafields: queries, fields and changes."""
