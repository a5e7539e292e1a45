"""Parts of the HTML report that are text and tables, one a file. Each gives markup whose plain text is escaped."""
