"""What a run needs beside the subject: PostgreSQL, and queues and buses or their emulators."""
