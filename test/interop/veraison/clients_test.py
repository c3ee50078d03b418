"""Veraison's own programs against `credence verifier`. They are not part of this project: each test runs with the
program that is on the machine (PATH, or the folder CREDENCE_VERAISON) and is skipped, with the reason, without it."""
import base64
import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

from scene import PROFILE, Scene, credence  # first: it says where laboratory.py is
from cca_device import CcaDevice
from psa_device import PROFILE as PSA_PROFILE, PsaDevice, public_key, text
from run_tests import run_tests
from veraison import Veraison, free_ports, missing, signing_key


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join(
        filter(None, (os.environ.get("CREDENCE_VERAISON"), os.environ.get("PATH")))))
    if not found:
        raise unittest.SkipTest(f"{name} is neither on PATH nor in CREDENCE_VERAISON (docs/interop.md)")
    return found


def run(*command) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60)


def submodules(token: str) -> dict:
    """The signature is not checked."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["submods"]


def statuses(token: str) -> dict:
    return {name: one["ear.status"] for name, one in submodules(token).items()}


def token_in(text: str) -> str:
    found = re.search(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", text)
    if not found:
        raise AssertionError(f"no JWT in {text!r}")
    return found.group()


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        # What the published clients of 2024 to 2026 read.
        cls.scene = Scene(cls.folder, "--nonce-dialect", "standard")
        cls.addClassCleanup(cls.scene.stop)

    def discovery(self, service: str) -> dict:
        with urllib.request.urlopen(f"{self.scene.verifier.url}/.well-known/veraison/{service}") as answer:
            return json.load(answer)

    def test_arc_verifies_our_result_with_our_key_only(self):
        arc = program("arc")
        (self.folder / "result.jwt").write_text(self.scene.result())
        (self.folder / "right.jwk").write_text(json.dumps(self.discovery("verification")["ear-verification-key"]))
        other = signing_key()
        del other["d"]
        (self.folder / "wrong.jwk").write_text(json.dumps(other))
        good = run(arc, "verify", "-p", self.folder / "right.jwk", self.folder / "result.jwt")
        self.assertEqual(good.returncode, 0, good.stdout + good.stderr)
        self.assertIn("affirming", good.stdout)
        bad = run(arc, "verify", "-p", self.folder / "wrong.jwk", self.folder / "result.jwt")
        self.assertNotEqual(bad.returncode, 0)

    def test_our_reader_takes_a_result_that_arc_made(self):
        arc = program("arc")
        key, token = self.folder / "arc.jwk", self.folder / "arc.jwt"
        jwk = signing_key()
        key.write_text(json.dumps(jwk))
        (self.folder / "arc.pem").write_text(public_key(jwk) + "\n")
        (self.folder / "other.pem").write_text(public_key(signing_key()) + "\n")
        claims = self.folder / "arc.json"
        claims.write_text(json.dumps({
            "eat_profile": "tag:github.com,2023:veraison/ear", "iat": 1766000000, "eat_nonce": "AAECAwQFBgc=",
            "ear.verifier-id": {"developer": "https://verifier.example", "build": "1"},
            "submods": {"PARSEC_TPM": {"ear.status": "warning", "ear.appraisal-policy-id": "https://verifier.example/1",
                                       "ear.trustworthiness-vector": {"instance-identity": 2, "executables": 33}}}}))
        made = run(arc, "create", "-s", key, "-c", claims, token)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        # 1: not affirming, which it does say of the right key's result only.
        good = credence("explain", token, "--verifier-key", self.folder / "arc.pem", expect=1)
        self.assertIn("warning", good.stdout)
        bad = credence("explain", token, "--verifier-key", self.folder / "other.pem", expect=1)
        self.assertIn("untrusted_verifier", bad.stderr)
        self.assertNotIn("untrusted_verifier", good.stderr)

    def test_cocli_makes_and_signs_a_corim_that_we_read(self):
        cocli = program("cocli")
        comid = {"tag-identity": {"id": "366d0a0a-5988-45ed-8488-2f2a544f6242", "version": 0},
                 "triples": {"attester-verification-keys": [{
                     "environment": {"class": {"id": {"type": "psa.impl-id", "value": text(bytes(32))}},
                                     "instance": {"type": "ueid", "value": text(b"\x01" + bytes(32))}},
                     "verification-keys": [{"type": "pkix-base64-key", "value": public_key(signing_key())}]}]}}
        for name, content in (("comid", comid), ("corim", {"corim-id": "by cocli", "profile": PSA_PROFILE}),
                              ("meta", {"signer": {"name": "endorser"}}), ("key", signing_key())):
            (self.folder / f"{name}.json").write_text(json.dumps(content))
        made = [run(cocli, "comid", "create", "-t", self.folder / "comid.json", "-o", self.folder),
                run(cocli, "corim", "create", "-t", self.folder / "corim.json", "-m", self.folder / "comid.cbor", "-o",
                    self.folder / "unsigned.cbor"),
                run(cocli, "corim", "sign", "-f", self.folder / "unsigned.cbor", "-k", self.folder / "key.json", "-m",
                    self.folder / "meta.json", "-o", self.folder / "signed.cbor")]
        self.assertEqual([done.returncode for done in made], [0, 0, 0], [done.stderr for done in made])
        for name in ("unsigned", "signed"):
            self.assertIn("by cocli", credence("inspect", self.folder / f"{name}.cbor").stdout)
        credence("provision", self.folder / "unsigned.cbor", "--to", self.scene.verifier.url)
        # cocli names no certificate: nobody can tell whose signature it is.
        refused = credence("provision", self.folder / "signed.cbor", "--to", self.scene.verifier.url, expect=1)
        self.assertIn("untrusted_chain", refused.stdout + refused.stderr)

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

    def test_the_go_library_runs_a_session(self):
        session = program("apiclient-session")
        (self.folder / "evidence.cbor").write_bytes(self.scene.evidence)
        command = [session, "-new-session", f"{self.scene.verifier.url}/challenge-response/v1/newSession", "-nonce",
                   self.scene.nonce.hex(), "-media-type", self.scene.media_type, "-evidence",
                   self.folder / "evidence.cbor"]
        for options in ([], ["-wrap", "cbor"], ["-wrap", "json"], ["-delete"]):
            with self.subTest(options=options):
                done = run(*command, *options)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(statuses(done.stdout), {"PARSEC_TPM": "affirming"})
        replayed = run(*command[:4], bytes(32).hex(), *command[5:])
        self.assertEqual(replayed.returncode, 0, replayed.stderr)
        self.assertEqual(statuses(replayed.stdout), {"PARSEC_TPM": "contraindicated"})

    def test_the_rust_library_runs_a_session(self):
        session = program("rust-apiclient-session")
        evidence = self.folder / "evidence.cbor"
        evidence.write_bytes(self.scene.evidence)
        command = [session, self.scene.verifier.url, "-", self.scene.nonce.hex(), self.scene.media_type, evidence]
        done = run(*command)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(statuses(token_in(done.stdout)), {"PARSEC_TPM": "affirming"})
        # The key that discovery named, as the library reads it.
        self.assertIn(pathlib.Path(f"{self.scene.verifier.key}.pub").read_text().strip(), done.stdout)
        command[3] = bytes(32).hex()
        replayed = run(*command)
        self.assertEqual(replayed.returncode, 0, replayed.stderr)
        self.assertEqual(statuses(token_in(replayed.stdout)), {"PARSEC_TPM": "contraindicated"})
        command[4] = "application/octet-stream"
        other = run(*command)
        self.assertNotEqual(other.returncode, 0)
        self.assertIn("application/octet-stream is not among", other.stderr)

    def test_the_rust_package_verifies_our_result_with_our_key_only(self):
        reader = program("ear-statuses")
        token, right, wrong = (self.folder / f"rust.{name}" for name in ("jwt", "right.jwk", "wrong.jwk"))
        token.write_text(self.scene.result())
        right.write_text(json.dumps(self.discovery("verification")["ear-verification-key"]))
        wrong.write_text(json.dumps({name: value for name, value in signing_key().items() if name != "d"}))
        good = run(reader, right, token)
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertEqual(good.stdout, "PARSEC_TPM Affirming\n")
        self.assertNotEqual(run(reader, wrong, token).returncode, 0)

    def test_the_python_package_reads_our_result(self):
        folder = os.environ.get("CREDENCE_PYTHON_EAR")
        if not folder:
            self.skipTest("CREDENCE_PYTHON_EAR names no folder with python-ear (docs/interop.md)")
        key = self.discovery("verification")["ear-verification-key"]
        read = ("import json, sys; from src.claims import AttestationResult;"
                "result = AttestationResult.decode_jwt(sys.argv[1], json.loads(sys.argv[2]), 'ES256');"
                "print(*result.submods, *(one.status for one in result.submods.values()))")
        other = signing_key()
        del other["d"]
        python = os.environ.get("CREDENCE_PYTHON", "python3")
        good, bad = (subprocess.run([python, "-c", read, self.scene.result(), json.dumps(by)], cwd=folder, capture_output=True,
                                    text=True, timeout=60) for by in (key, other))
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertIn("PARSEC_TPM", good.stdout)
        self.assertNotEqual(bad.returncode, 0)
        self.assertNotIn("PARSEC_TPM", bad.stdout)
        self.assertIn("ignature", bad.stderr)

    def evcli_config(self) -> pathlib.Path:
        """In a file: its commands bind one --api-server after the other, and the last one is heard."""
        config = self.folder / "evcli.yaml"
        config.write_text(f"api_server: {self.scene.verifier.url}/challenge-response/v1/newSession\n")
        return config

    def psa_device(self) -> PsaDevice:
        """That the verifier knows; each test may change its claims."""
        if not hasattr(type(self), "provisioned"):
            type(self).provisioned = PsaDevice()
            self.provisioned.provision(self.scene.verifier.url, self.folder)
        return copy.deepcopy(self.provisioned)

    def test_evcli_attests_a_psa_device(self):
        evcli = program("evcli")
        device = self.psa_device()
        attest = [evcli, "--config", self.evcli_config(), "psa", "verify-as", "attester"]
        done = run(*attest, "-c", device.claims_file(self.folder), "-k", device.key_file(self.folder), "-n", "32")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(statuses(token_in(done.stdout)), {"PSA_IOT": "affirming"})
        device.claims["psa-software-components"][0]["measurement-value"] = base64.b64encode(bytes(32)).decode()
        done = run(*attest, "-c", device.claims_file(self.folder), "-k", device.key_file(self.folder), "-n", "32")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(statuses(token_in(done.stdout)), {"PSA_IOT": "warning"})

    def test_evcli_shows_a_psa_token_as_its_relying_party(self):
        """Which chose the nonce that the token has."""
        evcli = program("evcli")
        device = self.psa_device()
        device.claims["psa-nonce"] = base64.b64encode(os.urandom(32)).decode()
        token = self.folder / "psa.cbor"
        done = run(evcli, "psa", "create", "-c", device.claims_file(self.folder), "-k", device.key_file(self.folder), "-t", token)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        show = [evcli, "--config", self.evcli_config(), "psa", "verify-as", "relying-party", "-t", token]
        done = run(*show)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(statuses(token_in(done.stdout)), {"PSA_IOT": "affirming"})
        altered = bytearray(token.read_bytes())
        altered[-1] ^= 1  # of the signature
        token.write_bytes(altered)
        done = run(*show)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(statuses(token_in(done.stdout)), {"PSA_IOT": "contraindicated"})

    def test_evcli_attests_a_cca_realm(self):
        evcli = program("evcli")
        device = CcaDevice()
        device.provision(self.scene.verifier.url, self.folder)
        attest = [evcli, "--config", self.evcli_config(), "cca", "verify-as", "attester"]
        done = run(*attest, *device.files(self.folder))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(statuses(token_in(done.stdout)), {"CCA_SSD_PLATFORM": "affirming", "CCA_REALM": "affirming"})
        realm = device.claims["cca-realm-delegated-token"]
        realm["cca-realm-extensible-measurements"].reverse()
        done = run(*attest, *device.files(self.folder))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(statuses(token_in(done.stdout)), {"CCA_SSD_PLATFORM": "affirming", "CCA_REALM": "warning"})

    def test_pocli_lists_schemes(self):
        done = run(program("pocli"), "-H", "127.0.0.1", "-p", self.scene.port(), "schemes")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for scheme in ("PARSEC_TPM", "PSA_IOT", "ARM_CCA", "SEVSNP"):
            self.assertIn(scheme, done.stdout)


class Policies(unittest.TestCase):
    """pocli and an Open Policy Agent: a policy of Veraison's, in force here."""

    def setUp(self):
        self.pocli, opa = program("pocli"), program("opa")
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        (port,) = free_ports(1)
        agent = subprocess.Popen([opa, "run", "--server", "--v0-compatible", "--disable-telemetry", "--addr",
                                  f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        self.scene = Scene(self.folder, "--opa", f"http://127.0.0.1:{port}")
        self.addCleanup(self.scene.stop)

    def manage(self, *words) -> subprocess.CompletedProcess:
        done = run(self.pocli, "-H", "127.0.0.1", "-p", self.scene.port(), *words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def test_pocli_puts_a_rego_policy_in_force(self):
        rules = self.folder / "lower.rego"
        rules.write_text("package policy\n\nexecutables = UNSAFE_RT\n")
        self.assertEqual(statuses(self.scene.result()), {"PARSEC_TPM": "affirming"})
        self.manage("create", "PARSEC_TPM", rules)
        self.assertIn("executables", self.manage("get", "PARSEC_TPM").stdout)
        self.assertEqual(statuses(self.scene.result()), {"PARSEC_TPM": "warning"})
        self.manage("deactivate", "PARSEC_TPM")
        self.assertEqual(statuses(self.scene.result()), {"PARSEC_TPM": "affirming"})


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
        theirs = self.veraison.appraise(self.scene.nonce, self.scene.media_type, evidence)["submods"]
        ours = submodules(self.scene.result())
        self.assertEqual(theirs["PARSEC_TPM"]["ear.status"], "affirming")
        for said in ("ear.status", "ear.trustworthiness-vector", "ear.veraison.key-attestation"):
            self.assertEqual(*({name: one[said] for name, one in each.items()} for each in (ours, theirs)), said)
        # Why a relying party of ours checks the binder itself, whatever a verifier says.
        self.assertEqual(self.status(bytes(32), evidence), "affirming")
        # TPM_GENERATED_VALUE of what the key signed: not made by a TPM.
        self.assertNotEqual(self.status(self.scene.nonce, evidence.replace(b"\xff\x54\x43\x47", b"\xff\x54\x43\x48")),
                            "affirming")

    def test_our_relying_party_refuses_the_replay_that_veraison_affirms(self):
        relying_party = os.environ.get("CREDENCE_RELYING_PARTY")
        if not relying_party:
            self.skipTest("CREDENCE_RELYING_PARTY names no program: ctest sets it to interop_relying_party")
        key = self.folder / "veraison.jwk"
        key.write_text(json.dumps({name: text for name, text in self.veraison.key.items() if name != "d"}))
        done = run(relying_party, f"http://127.0.0.1:{self.veraison.provisioning}",
                   f"http://127.0.0.1:{self.veraison.verification}", key)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        outcome = json.loads(done.stdout)
        self.assertTrue(outcome["provisioned"], outcome)
        self.assertEqual(outcome["live"], "data flowed")
        self.assertEqual(outcome["veraison_about_the_replay"], "affirming")
        self.assertTrue(outcome["replayed"].startswith("binder_mismatch"), outcome)


if __name__ == "__main__":
    run_tests()
