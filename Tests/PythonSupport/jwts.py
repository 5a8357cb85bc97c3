"""An issuer of JWTs: good ones by PyJWT, bad ones by hand, since no library makes them."""

import base64
import json
import time

import jwt
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ISSUER = "https://login.example.org"
AUDIENCE = "auditrpc"
# What PyJWT makes a JWK with, for each algorithm.
_WRITERS = {
    "ES256": jwt.algorithms.ECAlgorithm,
    "ES384": jwt.algorithms.ECAlgorithm,
    "RS256": jwt.algorithms.RSAAlgorithm,
    "PS256": jwt.algorithms.RSAAlgorithm,
    "EdDSA": jwt.algorithms.OKPAlgorithm,
}


def _new_key(algorithm):
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm in ("RS256", "PS256"):
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP384R1() if algorithm == "ES384" else ec.SECP256R1())


def _encoded(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A key of an issuer, with what it signs."""

    def __init__(self, kid, algorithm="ES256"):
        self.kid, self.algorithm = kid, algorithm
        self._key = _new_key(algorithm)

    @property
    def jwk(self):
        public = json.loads(_WRITERS[self.algorithm].to_jwk(self._key.public_key()))
        return {**public, "kid": self.kid, "alg": self.algorithm, "use": "sig", "key_ops": ["verify"]}

    @property
    def public_pem(self):
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def token(self, headers=None, **claims):
        """A good one; a claim of None is left out."""
        headers = {"kid": self.kid, **(headers or {})}
        return jwt.encode(_claims(claims), self._key, self.algorithm, headers=headers)

    def unsigned(self, **claims):
        """With `alg` none."""
        return f"{_encoded({'alg': 'none', 'kid': self.kid})}.{_encoded(_claims(claims))}."

    def signed_with_its_public_key(self, secret, **claims):
        """With `alg` HS256, and as the secret what everybody has."""
        signed = f"{_encoded({'alg': 'HS256', 'kid': self.kid})}.{_encoded(_claims(claims))}"
        code = hmac.HMAC(secret, hashes.SHA256())
        code.update(signed.encode())
        return f"{signed}.{_encoded(code.finalize())}"


def _claims(changes):
    now = int(time.time())
    usual = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "user-7", "iat": now, "nbf": now, "exp": now + 300,
        "org": "acme", "audit_role": "reader", "email": "ada@example.org",
    }  # fmt: skip
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def write_keys(path, *keys, more=()):
    """A JWKS file, replaced at once as a careful operator does."""
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps({"keys": [*(key.jwk for key in keys), *more]}))
    aside.replace(path)


def settings(**changes):
    """The `jwt` of an access file."""
    return {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "jwks": "jwks.json",
        "organization_claim": "org",
        "role_claim": "audit_role",
        "roles": {"reader": "reader", "writer": "recorder", "chief": "admin", "root": "operator"},
        "name_claim": "email",
        **changes,
    }
