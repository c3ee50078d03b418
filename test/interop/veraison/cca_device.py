"""A CCA platform with a realm as evcli plays them: their claims, their keys, and the CoRIMs that endorse them."""
import base64
import hashlib
import json
import pathlib

from laboratory import credence
from psa_device import Tag, cbor, public_key, text
from veraison import signing_key

PLATFORM_PROFILE, REALM_PROFILE = "tag:arm.com,2025:cca_platform#1.0.0", "tag:arm.com,2025:cca_realm#1.0.0"
SHA256 = 1


class CcaDevice:
    def __init__(self):
        self.platform_key, self.realm_key = signing_key(), signing_key("P-384")
        self.implementation, self.instance, self.signer = b"platform".ljust(32, b"."), b"\x01" + bytes(range(32)), b"\x53" * 32
        self.firmware, self.config = b"\x42" * 32, b"\x01\x02\x03"
        self.initial, self.extended = b"\x52" * 32, [bytes([number] * 32) for number in range(4)]
        x, y = (base64.urlsafe_b64decode(self.realm_key[name]) for name in ("x", "y"))
        key = cbor({1: 2, -1: 2, -2: x, -3: y})
        platform = {
            "cca-platform-profile": "tag:arm.com,2023:cca_platform#1.0.0",
            "cca-platform-implementation-id": text(self.implementation),
            "cca-platform-instance-id": text(self.instance), "cca-platform-config": text(self.config),
            "cca-platform-lifecycle": 12288, "cca-platform-challenge": text(hashlib.sha256(key).digest()),
            "cca-platform-sw-components": [{"measurement-type": "TF-A", "measurement-value": text(self.firmware),
                                            "signer-id": text(self.signer)}],
            "cca-platform-hash-algo-id": "sha-256"}
        realm = {
            "cca-realm-profile": "tag:arm.com,2023:realm#1.0.0",
            "cca-realm-personalization-value": text(bytes(64)), "cca-realm-initial-measurement": text(self.initial),
            "cca-realm-extensible-measurements": list(map(text, self.extended)), "cca-realm-hash-algo-id": "sha-256",
            "cca-realm-public-key": text(key), "cca-realm-public-key-hash-algo-id": "sha-256"}
        self.claims = {"cca-platform-token": platform, "cca-realm-delegated-token": realm}

    def files(self, folder: pathlib.Path) -> list:
        """The claims and both keys, as evcli's options."""
        options = []
        for option, name, content in (("--claims", "claims", self.claims), ("--iak", "iak", self.platform_key),
                                      ("--rak", "rak", self.realm_key)):
            file = folder / f"cca-{name}.json"
            file.write_text(json.dumps(content))
            options += [option, file]
        return options

    def corims(self) -> list:
        kind = {0: {0: Tag(560, self.implementation)}}
        component = {0: "cca.software-component", 1: {2: [[SHA256, self.firmware]], 11: "TF-A", 13: [Tag(560, self.signer)]}}
        config = {0: "cca.platform-config", 1: {4: Tag(560, self.config)}}
        platform = {0: [[kind, [component, config]]],
                    3: [[{**kind, 1: Tag(550, self.instance)}, [Tag(554, public_key(self.platform_key))]]]}
        registers = [{0: f"cca.rem{number}", 1: {2: [[SHA256, value]]}} for number, value in enumerate(self.extended)]
        realm = {0: [[{0: {0: Tag(560, self.initial)}},
                      [{0: "cca.rim", 1: {2: [[SHA256, self.initial]]}}, *registers]]]}
        return [cbor(Tag(501, {0: profile, 1: [Tag(506, cbor({1: {0: profile}, 4: triples}))], 3: Tag(32, profile)}))
                for profile, triples in ((PLATFORM_PROFILE, platform), (REALM_PROFILE, realm))]

    def provision(self, url: str, folder: pathlib.Path):
        for number, corim in enumerate(self.corims()):
            file = folder / f"cca{number}.corim.cbor"
            file.write_bytes(corim)
            credence("provision", file, "--to", url)
