"""What Veraison's cocli and evcli make of the templates of its integration tests: CoRIMs and evidence. The keys are
made here, and take the places of Veraison's: its private keys are not published with the templates."""
import base64
import copy
import datetime
import hashlib
import pathlib
import subprocess
import uuid

from psa_device import Tag, cbor

TAGS = {"bytes": 560, "ueid": 550}
ROLES_OF_COMID = {"tagCreator": 0, "creator": 1, "maintainer": 2}
ROLES_OF_CORIM = {"manifestCreator": 1}
SEMVER = 16384


def decoded(text: str) -> bytes:
    """Base64 in any alphabet, with or without padding."""
    bare = text.replace("+", "-").replace("/", "_").rstrip("=")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def encoded(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


# --- keys ---

class Key:
    """ECDSA, in the hands of openssl."""

    def __init__(self, folder: pathlib.Path, name: str, curve: str = "P-256"):
        self.file = folder / f"{name}.pem"
        self.size, self.hash, self.algorithm, self.curve = {"P-256": (32, "sha256", -7, 1),
                                                            "P-384": (48, "sha384", -35, 2)}[curve]
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", self.file)
        self.pem = self.openssl("pkey", "-in", self.file, "-pubout").decode().strip()

    @staticmethod
    def openssl(*arguments, octets: bytes = b"") -> bytes:
        return subprocess.run(["openssl", *map(str, arguments)], input=octets, check=True, capture_output=True).stdout

    def cose_key(self) -> bytes:
        point = self.openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")[-2 * self.size:]
        return cbor({1: 2, -1: self.curve, -2: point[:self.size], -3: point[self.size:]})

    def sign(self, octets: bytes) -> bytes:
        der = self.openssl("dgst", f"-{self.hash}", "-sign", self.file, octets=octets)
        numbers, at = [], 2  # SEQUENCE of two INTEGERs, shorter than 128 octets
        for _ in range(2):
            size = der[at + 1]
            numbers.append(int.from_bytes(der[at + 2:at + 2 + size], "big").to_bytes(self.size, "big"))
            at += 2 + size
        return b"".join(numbers)

    def sign1(self, payload: bytes) -> bytes:
        protected = cbor({1: self.algorithm})
        return cbor(Tag(18, [protected, {}, payload, self.sign(cbor(["Signature1", protected, b"", payload]))]))


# --- cocli ---

def typed(value: dict):
    if value["type"] == "uuid":
        return Tag(37, uuid.UUID(value["value"]).bytes)
    return Tag(TAGS[value["type"]], decoded(value["value"]))


def environment(template: dict) -> dict:
    made = {}
    if "class" in template:
        kind = template["class"]
        texts = {key: kind[name] for key, name in ((1, "vendor"), (2, "model")) if name in kind}
        made[0] = {0: typed(kind["id"]), **texts}
    if "instance" in template:
        made[1] = typed(template["instance"])
    return made


def values(template: dict) -> dict:
    made = {}
    if "version" in template:
        made[0] = {0: template["version"]["value"], 1: {"semver": SEMVER}[template["version"]["scheme"]]}
    if "digests" in template:
        made[2] = [[algorithm, decoded(value)] for algorithm, value in template["digests"]]
    if "raw-value" in template:
        made[4] = typed(template["raw-value"])
    if "raw-value-mask" in template:
        made[5] = decoded(template["raw-value-mask"])
    if "name" in template:
        made[11] = template["name"]
    if "cryptokeys" in template:
        made[13] = [typed(key) for key in template["cryptokeys"]]
    return made


def measurement(template: dict) -> dict:
    return {**({0: template["key"]["value"]} if "key" in template else {}), 1: values(template["value"])}


def entities(template: dict, roles: dict) -> list:
    return [{0: one["name"], 1: Tag(32, one["regid"]), 2: [roles[role] for role in one["roles"]]}
            for one in template.get("entities", [])]


def comid(template: dict, key: str = "") -> bytes:
    """With `key` (PEM), where it is given, in the place of every key."""
    triples = {}
    given = template["triples"]
    if "reference-values" in given:
        triples[0] = [[environment(one["environment"]), [measurement(each) for each in one["measurements"]]]
                      for one in given["reference-values"]]
    if "attester-verification-keys" in given:
        triples[3] = [[environment(one["environment"]),
                       [Tag(554, key or each["value"]) for each in one["verification-keys"]]]
                      for one in given["attester-verification-keys"]]
    identity = template["tag-identity"]
    return cbor({**({0: template["lang"]} if "lang" in template else {}),
                 1: {0: uuid.UUID(identity["id"]).bytes, 1: identity.get("version", 0)},
                 **({2: entities(template, ROLES_OF_COMID)} if "entities" in template else {}), 4: triples})


def seconds(text: str) -> Tag:
    return Tag(1, int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()))


def corim(template: dict, comids: list) -> bytes:
    made = {0: uuid.UUID(template["corim-id"]).bytes, 1: [Tag(506, one) for one in comids]}
    if "dependent-rims" in template:
        made[2] = [{0: Tag(32, one["href"]), 1: [one["thumbprint"][0], decoded(one["thumbprint"][1])]}
                   for one in template["dependent-rims"]]
    made[3] = Tag(32, template["profile"]["value"])
    if "validity" in template:
        made[4] = {0: seconds(template["validity"]["not-before"]), 1: seconds(template["validity"]["not-after"])}
    if "entities" in template:
        made[5] = entities(template, ROLES_OF_CORIM)
    return cbor(Tag(501, made))


def with_signer(template: dict, signer: str) -> dict:
    """The template with another signer (base64) of each measured component."""
    changed = copy.deepcopy(template)
    for triple in changed["triples"].get("reference-values", []):
        for one in triple["measurements"]:
            for key in one["value"].get("cryptokeys", []):
                key["value"] = signer
    return changed


# --- evcli ---

COMPONENT = {"measurement-type": 1, "measurement-value": 2, "version": 4, "signer-id": 5}
PSA = {"eat-profile": 265, "psa-nonce": 10, "psa-instance-id": 256, "psa-client-id": 2394,
       "psa-security-lifecycle": 2395, "psa-implementation-id": 2396, "psa-boot-seed": 2397,
       "psa-software-components": 2399, "psa-verification-service-indicator": 2400}
CCA_PLATFORM = {"cca-platform-profile": 265, "cca-platform-challenge": 10, "cca-platform-instance-id": 256,
                "cca-platform-lifecycle": 2395, "cca-platform-implementation-id": 2396,
                "cca-platform-sw-components": 2399, "cca-platform-service-indicator": 2400, "cca-platform-config": 2401,
                "cca-platform-hash-algo-id": 2402}
CCA_REALM = {"cca-realm-profile": 265, "cca-realm-challenge": 10, "cca-realm-personalization-value": 44235,
             "cca-realm-hash-algo-id": 44236, "cca-realm-public-key": 44237, "cca-realm-initial-measurement": 44238,
             "cca-realm-extensible-measurements": 44239, "cca-realm-public-key-hash-algo-id": 44240}
TEXTS = ("profile", "indicator", "algo-id", "type", "version")


def claim(name: str, value, keys: dict):
    if isinstance(value, dict):
        return {keys[member]: claim(member, one, keys) for member, one in value.items()}
    if isinstance(value, list):
        return [claim(name, one, COMPONENT) for one in value]
    return decoded(value) if isinstance(value, str) and not name.endswith(TEXTS) else value


def psa_token(claims: dict, key: Key) -> bytes:
    return key.sign1(cbor(claim("", claims, PSA)))


def cca_claims(template: dict, realm_key: Key) -> dict:
    """Of a realm with this key, which the platform vouches for."""
    made = copy.deepcopy(template)
    made["cca-realm-delegated-token"]["cca-realm-profile"] = "tag:arm.com,2023:realm#1.0.0"
    made["cca-realm-delegated-token"]["cca-realm-public-key"] = encoded(realm_key.cose_key())
    made["cca-platform-token"]["cca-platform-challenge"] = encoded(hashlib.sha256(realm_key.cose_key()).digest())
    return made


def cca_token(claims: dict, platform_key: Key, realm_key: Key) -> bytes:
    platform = cbor(claim("", claims["cca-platform-token"], CCA_PLATFORM))
    realm = cbor(claim("", claims["cca-realm-delegated-token"], CCA_REALM))
    return cbor(Tag(399, {44234: platform_key.sign1(platform), 44241: realm_key.sign1(realm)}))


def enacttrust_token(claims: dict, nonce: bytes, key: Key) -> bytes:
    """A node's quote: its id, TPMS_ATTEST with its size, TPMT_SIGNATURE."""
    def sized(octets: bytes) -> bytes:
        return len(octets).to_bytes(2, "big") + octets

    selection = bytearray(3)
    for pcr in claims["pcrs"]:
        selection[pcr // 8] |= 1 << pcr % 8
    clock = (1).to_bytes(8, "big") + (2).to_bytes(4, "big") + (3).to_bytes(4, "big") + b"\x01"
    algorithm = claims["algorithm"].to_bytes(2, "big")
    attest = (bytes.fromhex("ff5443478018") + sized(b"") + sized(nonce) + clock + claims["firmware"].to_bytes(8, "big")
              + (1).to_bytes(4, "big") + algorithm + b"\x03" + bytes(selection) + sized(decoded(claims["digest"])))
    signature = key.sign(attest)
    return (uuid.UUID(claims["node-id"]).bytes + sized(attest) + bytes.fromhex("0018000b") + sized(signature[:32])
            + sized(signature[32:]))
