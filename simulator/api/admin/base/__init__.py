"""What resolvers and executors share: the call, errors, pages, search terms, ids, and the objects that are shown."""
