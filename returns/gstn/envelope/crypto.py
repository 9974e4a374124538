"""The cryptography of GSTN's API: AES-256-ECB with PKCS#7, RSA PKCS#1 v1.5, HMAC-SHA256, base64.

GSTN has chosen ECB and PKCS#1 v1.5. The portal uses the same methods, because clients written for GSTN
support no others. For data that the portal stores, `seal` uses AES-GCM, with a key that is not stored."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
BLOCK_BITS = 128
NONCE_BYTES = 12


class Undecipherable(ValueError):
    """The text was not encrypted with this key, or does not have the agreed form."""


def new_key() -> bytes:
    """Return a new key: 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def encode(data: bytes) -> str:
    """Return the base64 of the bytes, as text."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of a base64 text. Raises `Undecipherable`."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Undecipherable("not base64") from None


def encrypt(key: bytes, plain: bytes) -> str:
    """Encrypt with AES-256-ECB and PKCS#7 padding. Return base64."""
    padder = padding.PKCS7(BLOCK_BITS).padder()
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  GSTN's own
    return encode(cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize())


def decrypt(key: bytes, text: str) -> bytes:
    """Decrypt a text that `encrypt` made. Raises `Undecipherable`."""
    data = decode(text)
    try:
        cipher = Cipher(algorithms.AES(key), modes.ECB()).decryptor()  # noqa: S305  GSTN's own
        padded = cipher.update(data) + cipher.finalize()
        unpadder = padding.PKCS7(BLOCK_BITS).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise Undecipherable("not made with this key") from None


def signature(key: bytes, text: bytes) -> str:
    """Return the HMAC-SHA256 of a text, in base64."""
    return encode(hmac.new(key, text, hashlib.sha256).digest())


def same(one: str, other: str) -> bool:
    """Return true if the texts are equal. The comparison always takes the same time. An attacker therefore
    cannot learn from the duration at which character the texts differ."""
    return hmac.compare_digest(one.encode("utf-8"), other.encode("utf-8"))


def rsa_decrypt(key: RSAPrivateKey, text: str) -> bytes:
    """Decrypt bytes that a client encrypted with RSA PKCS#1 v1.5. Raises `Undecipherable`."""
    try:
        return key.decrypt(decode(text), rsa_padding.PKCS1v15())
    except ValueError:
        raise Undecipherable("not made with this portal's certificate") from None


def digest(text: str) -> str:
    """Return the SHA-256 of a secret in hex. The portal stores this digest instead of the secret. The secret
    must have at least 128 random bits, so this function is not for passwords."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def derived(secret: str, purpose: str) -> bytes:
    """Return a key that is made from a secret. The key is different for each purpose."""
    made = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode("utf-8"))
    return made.derive(secret.encode("utf-8"))


def seal(key: bytes, data: bytes) -> bytes:
    """Encrypt with AES-GCM. The result begins with the nonce."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, None)


def unseal(key: bytes, sealed: bytes) -> bytes:
    """Decrypt data that `seal` made. Raises `Undecipherable`."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    except InvalidTag:
        raise Undecipherable("sealed with another key") from None
