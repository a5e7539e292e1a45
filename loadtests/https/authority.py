"""Certificates for HTTPS on this machine: an authority of one's own, made on first use, and a server certificate by it.

A client trusts the authority's file once. Keys stay on this machine, readable by their owner only.
"""

import datetime
import fcntl
import ipaddress
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from gevent import ssl

from stockstorm.simulator.errors import BackingError

AUTHORITY_DAYS: Final = 3_650
SERVER_DAYS: Final = 90
LOCAL: Final = ("localhost", "127.0.0.1", "::1")
# What it may certify. Whoever steals its key cannot pose as any other site to those who trust it.
PERMITTED: Final = (
    x509.DNSName("myshopify.com"),
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_network("127.0.0.0/8")),
    x509.IPAddress(ipaddress.ip_network("::1/128")),
)
REMEDY: Final = "remove it to make a new authority, or choose another folder: --authority of serve, or XDG_DATA_HOME"


def default_folder() -> Path:
    """Where the authority is kept, by the XDG base directories."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "stockstorm" / "authority"


class Authority:
    """A certificate authority in a folder. `certificate` is the file that clients trust."""

    def __init__(self, folder: Path) -> None:
        """Raises BackingError when the folder cannot be used, or what is in it cannot be read."""
        self.certificate, key_file = folder / "ca.pem", folder / "ca.key"
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _alone(folder):
                if not key_file.exists() or not self.certificate.exists():
                    key, own = _make_authority()
                    _write(key_file, _key_bytes(key))
                    _write(self.certificate, own.public_bytes(serialization.Encoding.PEM), mode=0o644)
            loaded = serialization.load_pem_private_key(key_file.read_bytes(), None)
            self._own = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except (OSError, ValueError) as error:
            raise BackingError(str(folder), f"the certificate authority cannot be used: {error}", REMEDY) from error
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise BackingError(str(key_file), "this is no key of an elliptic curve", REMEDY)
        self._key = loaded

    def bundle(self) -> Path:
        """A file of this authority and of those that this machine trusts, for clients that take one file for all."""
        public = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or certifi.where()
        path, made = self._folder / "bundle.pem", self._folder / f".{os.getpid()}.bundle"
        try:
            own = self.certificate.read_bytes()
            trusted = Path(public).read_bytes()
            _write(made, trusted if own in trusted else own + trusted, mode=0o644)
            made.replace(path)
        except OSError as error:
            raise BackingError(str(self._folder), f"a bundle of authorities cannot be made: {error}", REMEDY) from error
        return path

    def server_context(self, names: Sequence[str]) -> ssl.SSLContext:
        """What a server of these names presents: a fresh certificate of this authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _server_certificate(self._own, self._key, key, (*names, *LOCAL))
        files = self._folder / f".{os.getpid()}.pem"
        try:
            _write(files, _key_bytes(key) + certificate.public_bytes(serialization.Encoding.PEM))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(files)
        except OSError as error:
            raise BackingError(str(self._folder), f"a certificate cannot be made: {error}", REMEDY) from error
        finally:
            files.unlink(missing_ok=True)
        return context


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two runs that begin at once make one authority and not two halves. The lock is on the folder itself."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _make_authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stockstorm, for development on this machine")])
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        _dated(AUTHORITY_DAYS)
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=PERMITTED, excluded_subtrees=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return key, builder.sign(key, hashes.SHA256())


def _server_certificate(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    issuer_id = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _dated(SERVER_DAYS)
        .subject_name(subject)
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in dict.fromkeys(names)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False)
    )
    return builder.sign(authority_key, hashes.SHA256())


def _dated(days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    first, last = now - datetime.timedelta(days=1), now + datetime.timedelta(days=days)
    serial = x509.random_serial_number()
    return x509.CertificateBuilder().serial_number(serial).not_valid_before(first).not_valid_after(last)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, mode: int = 0o600) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as file:
        file.write(data)
