"""Runs a command where a hosts line leads the shop's domain to a played shop over HTTPS at port 443.

Run as `unshare --net --mount python -m tests.contract.shopify_libraries.hosts_line FOLDER COMMAND…`: network and
hosts file are then its own.
"""

import os
import subprocess
import sys
from pathlib import Path

from stockstorm.loadtests.https.process import start_front

DOMAIN = "stockstorm-demo.myshopify.com"
HTTPS_PORT = 443


def main(folder: Path, command: list[str]) -> int:
    hosts = folder / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {DOMAIN}\n")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)
    shop = [sys.executable, "-m", "tests.contract.shopify_libraries.live_shop"]
    with subprocess.Popen(shop, stdout=subprocess.PIPE, text=True) as played:
        assert played.stdout is not None
        api = f"http://127.0.0.1:{played.stdout.readline().strip()}"
        front, place = start_front(api, DOMAIN, "127.0.0.1", HTTPS_PORT, 0, folder / "log")
        try:
            trust = {"SSL_CERT_FILE": place.ca_file, "NODE_EXTRA_CA_CERTS": place.ca_file}
            return subprocess.run(command, env={**os.environ, **trust}, check=False).returncode
        finally:
            front.stop()
            played.terminate()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
