"""The edge of the simulator: the journal on disk, the clock's dispatcher, and the sockets."""
