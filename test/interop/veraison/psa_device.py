"""A PSA device as evcli plays it: its claims, its key, and the CoRIM that endorses both."""
import base64
import json
import pathlib

from laboratory import credence
from veraison import signing_key

PROFILE = "tag:arm.com,2025:psa#1.0.0"
SPKI_OF_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


class Tag:
    def __init__(self, number: int, value):
        self.number, self.value = number, value


def cbor(value) -> bytes:
    """What a CoRIM needs of RFC 8949."""
    def head(major: int, number: int) -> bytes:
        if number < 24:
            return bytes([major << 5 | number])
        size = next(size for size in (1, 2, 4) if number < 1 << 8 * size)
        return bytes([major << 5 | 23 + (1, 2, 4).index(size) + 1]) + number.to_bytes(size, "big")

    if isinstance(value, Tag):
        return head(6, value.number) + cbor(value.value)
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, (bytes, str)):
        octets = value.encode() if isinstance(value, str) else value
        return head(3 if isinstance(value, str) else 2, len(octets)) + octets
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(key) + cbor(member) for key, member in value.items())


def text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def public_key(jwk: dict) -> str:
    """Of a P-256 key, as the PEM that CoRIMs have."""
    point = b"\x04" + b"".join(base64.urlsafe_b64decode(jwk[name] + "=") for name in ("x", "y"))
    return f"-----BEGIN PUBLIC KEY-----\n{text(SPKI_OF_P256 + point)}\n-----END PUBLIC KEY-----"


class PsaDevice:
    def __init__(self):
        self.key = signing_key()
        self.implementation, self.instance, self.signer = b"implementation".ljust(32, b"."), b"\x01" + bytes(range(32)), b"\x53" * 32
        self.boot_loader = b"\x42" * 32
        self.claims = {
            "eat-profile": "http://arm.com/psa/2.0.0", "psa-client-id": 1, "psa-security-lifecycle": 12288,
            "psa-implementation-id": text(self.implementation), "psa-boot-seed": text(bytes(32)),
            "psa-software-components": [{"measurement-type": "BL", "measurement-value": text(self.boot_loader),
                                         "signer-id": text(self.signer)}],
            "psa-instance-id": text(self.instance)}

    def claims_file(self, folder: pathlib.Path) -> pathlib.Path:
        file = folder / "psa-claims.json"
        file.write_text(json.dumps(self.claims))
        return file

    def key_file(self, folder: pathlib.Path) -> pathlib.Path:
        file = folder / "psa-key.jwk"
        file.write_text(json.dumps(self.key))
        return file

    def corim(self) -> bytes:
        kind = {0: {0: Tag(560, self.implementation)}}
        component = {0: "psa.software-component", 1: {2: [[1, self.boot_loader]], 11: "BL", 13: [Tag(560, self.signer)]}}
        triples = {0: [[kind, [component]]],
                   3: [[{**kind, 1: Tag(550, self.instance)}, [Tag(554, public_key(self.key))]]]}
        comid = cbor({1: {0: "psa device"}, 4: triples})
        return cbor(Tag(501, {0: "psa device", 1: [Tag(506, comid)], 3: Tag(32, PROFILE)}))

    def provision(self, url: str, folder: pathlib.Path):
        (folder / "psa.corim.cbor").write_bytes(self.corim())
        credence("provision", folder / "psa.corim.cbor", "--to", url)
