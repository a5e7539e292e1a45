"""Keep-alive HTTP/1.1 over gevent sockets: resolver, connection pool, connection, answers."""
