"""The portal's RSA key and certificate, made once for each installation. Clients get the certificate.

Every web process must have the same key and certificate. In production the file is on the volume that all
processes share, or `GSTN_KEY_FILE` names the file. The file contains the private key and the certificate in
PEM, one after the other."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.conf import settings

from ims_portal.kernel import clock
from ims_portal.support.key_files import keep_once

YEARS = 10


@lru_cache(maxsize=4)
def _pair(path: str) -> tuple[rsa.RSAPrivateKey, str]:
    pem = keep_once(Path(path), _make)
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} holds no RSA key")
    certificate = x509.load_pem_x509_certificate(pem[pem.index(b"-----BEGIN CERTIFICATE-----") :])
    return key, certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def private_key() -> rsa.RSAPrivateKey:
    """Return the key that decrypts clients' app keys."""
    return _pair(settings.GSTN_KEY_FILE)[0]


def certificate() -> str:
    """Return the certificate in PEM. Clients encrypt their app keys with this certificate."""
    return _pair(settings.GSTN_KEY_FILE)[1]


def _make() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "IMS Portal practice API")])
    now = clock.real_now()
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=366 * YEARS))
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + built.public_bytes(serialization.Encoding.PEM)
