"""Veraison's own programs against `credence verifier`. They are not part of this project: each test runs with the
program that is on the machine (PATH, or the folder CREDENCE_VERAISON) and is skipped, with the reason, without it."""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from scene import PROFILE, Scene
from veraison import Veraison, missing, signing_key

SESSION = "application/vnd.veraison.challenge-response-session+json"


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join(
        filter(None, (os.environ.get("CREDENCE_VERAISON"), os.environ.get("PATH")))))
    if not found:
        raise unittest.SkipTest(f"{name} is neither on PATH nor in CREDENCE_VERAISON (docs/interop.md)")
    return found


def run(*command) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60)


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        cls.scene = Scene(cls.folder)
        cls.addClassCleanup(cls.scene.stop)

    def discovery(self, service: str) -> dict:
        with urllib.request.urlopen(f"{self.scene.verifier.url}/.well-known/veraison/{service}") as answer:
            return json.load(answer)

    def result(self) -> str:
        base = f"{self.scene.verifier.url}/challenge-response/v1/"
        nonce = base64.urlsafe_b64encode(self.scene.nonce).decode()
        opened = urllib.request.Request(f"{base}newSession?nonce={nonce}", b"", {"Accept": SESSION})
        with urllib.request.urlopen(opened) as answer:
            location = answer.headers["Location"]
        submitted = urllib.request.Request(base + location, self.scene.evidence,
                                           {"Accept": SESSION, "Content-Type": self.scene.media_type})
        with urllib.request.urlopen(submitted) as answer:
            return json.load(answer)["result"]

    def test_arc_verifies_our_result_with_our_key_only(self):
        arc = program("arc")
        (self.folder / "result.jwt").write_text(self.result())
        (self.folder / "right.jwk").write_text(json.dumps(self.discovery("verification")["ear-verification-key"]))
        other = signing_key()
        del other["d"]
        (self.folder / "wrong.jwk").write_text(json.dumps(other))
        good = run(arc, "verify", "-p", self.folder / "right.jwk", self.folder / "result.jwt")
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        self.assertIn("affirming", good.stdout)
        bad = run(arc, "verify", "-p", self.folder / "wrong.jwk", self.folder / "result.jwt")
        self.assertNotEqual(bad.returncode, 0)

    def test_cocli_submits_our_corim(self):
        cocli = program("cocli")
        submit = [cocli, "corim", "submit", "-f", self.scene.values, "-s",
                  f"{self.scene.verifier.url}/endorsement-provisioning/v1/submit"]
        good = run(*submit, "-m", f'application/rim+cbor; profile="{PROFILE}"')
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        old = run(*submit, "-m", f'application/corim-unsigned+cbor; profile="{PROFILE}"')
        self.assertEqual(old.returncode, 0, old.stdout + old.stderr)
        bad = run(*submit, "-m", 'application/rim+cbor; profile="tag:example.com,2026:other"')
        self.assertNotEqual(bad.returncode, 0)

    def test_evcli(self):
        kinds = self.discovery("verification")["media-types"]
        listed = [kind for kind in kinds if "psa" in kind.lower() or "cca" in kind.lower()]
        if not listed:
            raise unittest.SkipTest("scheme not in this build: discovery lists neither PSA nor CCA evidence")
        raise unittest.SkipTest(f"not covered: discovery lists {listed}, and evcli has not been run against them")

    def test_pocli_lists_schemes(self):
        try:
            self.discovery("management")
        except urllib.error.HTTPError as refusal:
            self.assertEqual(refusal.code, 404)
            raise unittest.SkipTest("this build has no management API") from None
        port = self.scene.port()
        done = run(program("pocli"), "-H", "127.0.0.1", "-p", port, "schemes")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Services(unittest.TestCase):
    def setUp(self):
        if missing():
            self.skipTest(missing())
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.scene = Scene(self.folder)
        self.addCleanup(self.scene.stop)
        (self.folder / "veraison").mkdir()
        self.veraison = Veraison(self.folder / "veraison")
        self.addCleanup(self.veraison.stop)

    def status(self, nonce: bytes, evidence: bytes) -> str:
        result = self.veraison.appraise(nonce, self.scene.media_type, evidence)
        return result["submods"]["PARSEC_TPM"]["ear.status"]

    def test_veraison_agrees_about_our_evidence_and_affirms_its_replay(self):
        provisioned = self.veraison.provision(self.scene.values.read_bytes(), PROFILE)
        self.assertEqual(provisioned["status"], "success", provisioned)
        evidence = self.scene.evidence
        self.assertEqual(self.status(self.scene.nonce, evidence), "affirming")
        # Why a relying party of ours checks the binder itself, whatever a verifier says.
        self.assertEqual(self.status(bytes(32), evidence), "affirming")
        # TPM_GENERATED_VALUE of what the key signed: not made by a TPM.
        self.assertNotEqual(self.status(self.scene.nonce, evidence.replace(b"\xff\x54\x43\x47", b"\xff\x54\x43\x48")),
                            "affirming")


if __name__ == "__main__":
    unittest.main(verbosity=2)
