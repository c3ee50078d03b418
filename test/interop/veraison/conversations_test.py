"""The conversations of Veraison's own integration tests (tavern's YAML) with `credence verifier`: each stage as it is
written, and what is answered otherwise here in DIFFERENCES, with the reason. They are among the test vectors of others
($CREDENCE_VECTORS, else shared/vectors beside the checkout), without which every test is skipped."""
import base64
import copy
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from scene import Verifier  # first: it says where laboratory.py is
from run_tests import run_tests
import templates
from templates import Key, decoded, encoded
from veraison import free_ports

try:
    import yaml
except ImportError:
    yaml = None

BESIDE = pathlib.Path(__file__).resolve().parents[4] / "shared/vectors"
VECTORS = pathlib.Path(os.environ.get("CREDENCE_VECTORS", BESIDE))
INTEGRATION = VECTORS / "veraison/integration"
SESSION = "application/vnd.veraison.challenge-response-session+json"
PROBLEM = "application/problem+json"
SCHEMES = {"cca": "ARM_CCA", "psa": "PSA_IOT", "enacttrust": "TPM_ENACTTRUST"}
PLATFORM, REALM = (f'application/rim+cbor; profile="tag:arm.com,2025:cca_{part}#1.0.0"'
                   for part in ("platform", "realm"))

# What ours answers where Veraison's test expects something else: {conversation: {what: (ours, why)}}.
DIFFERENCES = {
    "every conversation": {
        "ear.appraisal-policy-id": (None, "without a policy in force none is named; with one, its version is too"),
    },
    "provisioning fail empty-body": {
        "detail": ("invalid_value: expected a CoRIM, got an empty body", "errors say what was expected"),
    },
    "end-to-end, recorded evidence": {
        "ear.status": ("contraindicated", "evidence is compared with the nonce of its session, in every scheme: "
                       "Veraison affirms any recording of an EnactTrust node"),
    },
    "cca-verify-challenge in Rego": {
        "verify as relying party - submitting the evidence": (
            202, "an engine in another process is asked: the client polls"),
    },
    "cca-verify-challenge in Lua": {
        "content-type": ("application/vnd.credence.policy.lua", "where no Open Policy Agent is configured"),
    },
}
# Where the CoRIM is as Veraison wrote it: it names a signer of the components that its tokens do not have.
SIGNER = {"ear.status": "warning", "executables": 33}

# Veraison's policy of the conversation (cca-verify-challenge.rego), and the same in Lua.
REGO = """package policy

status = AFFIRMING {
  base64url.decode(session["nonce"]) == base64.decode(evidence["realm"]["cca-realm-challenge"])
} else =  CONTRAINDICATED
"""
LUA = """local to_standard, nonce = {["-"] = "+", ["_"] = "/"}, {}
for i = 1, session.nonce:len() do
  local octet = session.nonce:sub(i, i)
  table.insert(nonce, to_standard[octet] or octet)
end
if table.concat(nonce) ~= evidence.realm["cca-realm-challenge"] then status = CONTRAINDICATED end
"""
# What it would say of every other attester.
REFUSING = {"Rego": "package policy\n\nstatus = CONTRAINDICATED\n", "Lua": "status = CONTRAINDICATED\n"}


class Include(yaml.SafeLoader if yaml else object):
    pass


def load(file: pathlib.Path) -> dict:
    Include.add_constructor("!include", lambda loader, node: load(file.parent / node.value))
    return yaml.load(file.read_text(), Include)


def json_at(name: str) -> dict:
    return json.loads((INTEGRATION / name).read_text())


def access_file(folder: pathlib.Path) -> pathlib.Path:
    """Tokens in the place of the accounts that Veraison's tests have at Keycloak."""
    file = folder / "access.toml"
    for role in ("provisioner", "manager"):
        digest = hashlib.sha256(role.encode()).hexdigest()
        with file.open("a") as access:
            access.write(f'[[token]]\nname = "{role}"\nroles = ["{role}"]\nsha256 = "{digest}"\n')
    file.chmod(0o600)
    return file


class Attester:
    """An attestation scheme of the conversations: what is endorsed of it, and its evidence for a nonce."""

    def __init__(self, folder: pathlib.Path, scheme: str, evidence: str, right_signer: bool, bad_key: bool = False):
        self.scheme, self.name, self.right_signer = scheme, evidence, right_signer
        self.key = Key(folder, "key")
        self.signing = Key(folder, "other") if bad_key else self.key
        self.realm_key = Key(folder, "realm", "P-384")
        self.recorded = b""  # a nonce that all its evidence is for
        # Of EnactTrust there is one file, whose node is the one that the CoRIM names.
        file = "enacttrust.badnode" if scheme == "enacttrust" else f"{scheme}.{evidence}"
        self.claims = json_at(f"claims/{file}.json")
        if scheme == "cca":
            self.claims = templates.cca_claims(self.claims, self.realm_key)

    def endorsements(self, name: str) -> bytes:
        """`name` as in corim-<name>.cbor: the scheme, or a part of it, and "full" or "mini"."""
        scheme, comids = name.rpartition("-")[0], []
        for part in ("ta", "refval"):
            file = INTEGRATION / f"endorsements/comid-{scheme}-{part}.json"
            if not file.exists():
                continue  # a realm has no trust anchor
            template = json.loads(file.read_text())
            if self.right_signer and self.signer():
                template = templates.with_signer(template, self.signer())
            comids.append(templates.comid(template, self.key.pem))
        return templates.corim(json_at(f"endorsements/corim-{name}.json"), comids)

    def signer(self) -> str:
        components = self.claims.get("psa-software-components") or self.claims.get("cca-platform-token", {}).get(
            "cca-platform-sw-components", [{"signer-id": ""}])
        return components[0]["signer-id"]

    def evidence(self, nonce: bytes) -> bytes:
        nonce = self.recorded or nonce
        if self.scheme == "enacttrust":
            return templates.enacttrust_token(self.claims, nonce, self.signing)
        claims = copy.deepcopy(self.claims)
        if self.scheme == "cca":
            claims["cca-realm-delegated-token"]["cca-realm-challenge"] = encoded(nonce)
            return templates.cca_token(claims, self.signing, self.realm_key)
        if "psa-nonce" in claims:
            claims["psa-nonce"] = encoded(nonce)
        return templates.psa_token(claims, self.signing)

    def expected(self, name: str, nonce: bytes) -> dict:
        """Veraison's result, with our keys and this nonce in the places of its own."""
        result = json_at(f"results/{self.scheme}.{name}.json")
        changed = {"psa-nonce": encoded(nonce), "cca-realm-challenge": encoded(nonce)}
        if self.scheme == "cca":
            changed["cca-realm-public-key"] = self.claims["cca-realm-delegated-token"]["cca-realm-public-key"]
            changed["cca-platform-challenge"] = self.claims["cca-platform-token"]["cca-platform-challenge"]
        for one in result.values():
            evidence = one.get("ear.veraison.annotated-evidence", {})
            evidence.update({key: value for key, value in changed.items() if key in evidence})
        return result


class Conversation:
    """Speaks the stages of one file with a verifier, for the values that Veraison's hooks would set."""

    def __init__(self, test: unittest.TestCase, verifier: Verifier, file: str, attester=None, **variables):
        self.test, self.verifier, self.attester = test, verifier, attester
        self.stages = load(INTEGRATION / "tavern" / file)["stages"]
        self.variables = {"provisioning-service": "ours", "verification-service": "ours", "management-service": "ours",
                          "authorization": "Bearer provisioner", "alt-authorization": "Bearer manager", **variables}
        self.differences, self.expected, self.rules = {}, None, None
        self.nonce, self.seen = None, []

    def filled(self, text: str) -> str:
        return text.format_map(self.variables)

    def run(self):
        for stage in self.stages:
            with self.test.subTest(stage=stage["name"]):
                self.speak(stage)
        return self

    def speak(self, stage: dict):
        request, wanted = stage["request"], stage["response"]
        headers = {name: self.filled(value) for name, value in request.get("headers", {}).items()}
        if "policies" in request.get("file_body", "") and "content-type" in self.differences:
            headers["content-type"] = self.differences["content-type"][0]
        body = self.body(self.filled(request["file_body"])) if "file_body" in request else None
        path = self.filled(request["url"]).removeprefix("https://ours")
        status, answer, content = self.call(request["method"], path, body, headers)
        self.test.assertEqual(status, self.differences.get(stage["name"], (wanted["status_code"],))[0], content)
        if status == 202:
            status, answer, content = self.polled(path)
        self.check_form(path, status, answer, content)
        for name, value in wanted.get("json", {}).items():
            self.test.assertEqual(json.loads(content)[name], self.differences.get(name, (value,))[0])
        for name, source in wanted.get("save", {}).get("headers", {}).items():
            self.variables[name] = answer.getheader(source)
            self.nonce = decoded(json.loads(content)["nonce"])
        for name, member in wanted.get("save", {}).get("json", {}).items():
            self.variables[name] = json.loads(content)[member]
        for check in wanted.get("verify_response_with", []):
            if check["function"] == "checkers:compare_to_expected_result":
                self.compare(json.loads(content)["result"])

    def body(self, file: str) -> bytes:
        folder, name = pathlib.PurePath(file).parts[-2:]
        if folder == "policies":
            return self.rules.encode()
        if folder == "endorsements":
            return self.attester.endorsements(name.removeprefix("corim-").removesuffix(".cbor"))
        return self.attester.evidence(self.nonce or b"")

    def call(self, method: str, path: str, body=None, headers=None) -> tuple:
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.verifier.url).netloc, timeout=60)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer, content

    def polled(self, path: str) -> tuple:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            status, answer, content = self.call("GET", path)
            if json.loads(content)["status"] != "processing":
                return status, answer, content
            time.sleep(0.05)
        raise AssertionError("no verdict within 60 s")

    def check_form(self, path: str, status: int, answer, content: bytes):
        """What the API promises of every answer of its kind, and Veraison's tests do not look at."""
        self.test.assertTrue(answer.getheader("X-Request-Id"))
        if status >= 400:
            self.test.assertEqual(answer.getheader("Content-Type"), PROBLEM)
            self.test.assertEqual(json.loads(content)["status"], status)
            self.test.assertEqual(bool(answer.getheader("WWW-Authenticate")), status == 401)
        elif status == 204:
            self.test.assertEqual(content, b"")
        elif path.startswith("/challenge-response/"):
            self.test.assertEqual(answer.getheader("Content-Type"), SESSION)
        elif path.endswith("/submit"):
            self.test.assertEqual(json.loads(content)["status"], "success", content)  # 200 alone is not that

    def compare(self, token: str):
        """With `expected`: of each submodule status and vector, and the evidence where Veraison has it."""
        claims = self.verified(token)
        self.test.assertEqual(decoded(claims["eat_nonce"]), self.nonce)
        wanted = self.expected(self.nonce)
        self.test.assertEqual(set(claims["submods"]), set(wanted))
        for name, one in wanted.items():
            ours = claims["submods"][name]
            with self.test.subTest(submodule=name, problem=ours.get("ear.veraison.policy-claims")):
                self.test.assertEqual(ours["ear.status"], one["ear.status"])
                self.test.assertEqual(ours.get("ear.appraisal-policy-id"), self.policy())
                for member in ("ear.trustworthiness-vector", "ear.veraison.annotated-evidence"):
                    if member in one:
                        self.test.assertEqual(ours.get(member), one[member])
                self.test.assertIn(one.get("problem", ""), json.dumps(ours.get("ear.veraison.policy-claims", {})))
        self.seen.append({name: one["ear.status"] for name, one in claims["submods"].items()})

    def policy(self):
        """What ours names as the policy: the version, where Veraison's results have the scheme alone, or nothing."""
        if "policy-uuid" in self.variables:
            return f"policy:{SCHEMES[self.attester.scheme]}/{self.variables['policy-uuid']}"
        return DIFFERENCES["every conversation"]["ear.appraisal-policy-id"][0]

    def verified(self, token: str) -> dict:
        """The claims, once the verifier's key has been seen to have signed them."""
        signed, _, signature = token.rpartition(".")
        self.test.assertEqual(json.loads(decoded(signed.split(".")[0]))["alg"], "ES256")
        numbers = b""
        for octets in (decoded(signature)[:32], decoded(signature)[32:]):
            octets = octets.lstrip(b"\x00")
            octets = b"\x00" + octets if octets[0] & 0x80 else octets
            numbers += bytes([2, len(octets)]) + octets
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes([0x30, len(numbers)]) + numbers)
            file.flush()
            Key.openssl("dgst", "-sha256", "-verify", f"{self.verifier.key}.pub", "-signature", file.name,
                        octets=signed.encode())
        return json.loads(decoded(signed.split(".")[1]))


class OpenPolicyAgent:
    def __init__(self):
        program = os.environ.get("CREDENCE_OPA") or shutil.which("opa")
        if not program:
            raise unittest.SkipTest("no program opa: put it on PATH or name it in CREDENCE_OPA")
        port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [program, "run", "--server", "--addr", f"127.0.0.1:{port}", "--v0-compatible"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if time.monotonic() > deadline:
                self.stop()
                raise AssertionError("opa does not listen")
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


@unittest.skipUnless(INTEGRATION.is_dir(), f"no test vectors at {VECTORS}: set CREDENCE_VECTORS to their folder")
@unittest.skipUnless(yaml, "no module yaml: install python3-yaml")
class Conversations(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.common = load(INTEGRATION / "tavern/common.yaml")["variables"] if yaml else {}

    def verifier(self, *options) -> Verifier:
        """A new one for each conversation, as Veraison's tests clear its stores."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        started = Verifier(folder, "--access", access_file(folder), "--insecure-unsigned-corims", *options)
        self.addCleanup(started.stop)
        return started

    def attester(self, *arguments, **options) -> Attester:
        return Attester(pathlib.Path(tempfile.mkdtemp(dir=self.folder)), *arguments, **options)

    def test_an_empty_corim_is_refused(self):
        conversation = Conversation(self, self.verifier(), "test_provisioning_empty_body.tavern.yaml")
        conversation.differences = DIFFERENCES["provisioning fail empty-body"]
        conversation.run()

    def test_nobody_in_particular_may_neither_provision_nor_manage(self):
        Conversation(self, self.verifier(), "test_provisioning_unauthorized.tavern.yaml").run()

    def test_a_session_that_was_never_opened_takes_no_evidence(self):
        Conversation(self, self.verifier(), "test_verification_bad_session_attester.tavern.yaml",
                     self.attester("psa", "good", True), scheme="psa", evidence="good", endorsements="full").run()

    def end_to_end(self, attester: Attester, endorsements: str, expected, nonce="nonce32") -> list:
        kind = f"{attester.scheme}.{'p1' if attester.scheme == 'psa' else '_'}"
        conversation = Conversation(
            self, self.verifier(), "test_end_to_end.tavern.yaml", attester, scheme=attester.scheme,
            evidence=attester.name, endorsements=endorsements,
            **{"nonce-value": self.common[nonce]["value"], "nonce-size": self.common[nonce]["size"],
               "endorsements-content-type": self.common["endorsements-content-types"][kind],
               "evidence-content-type": self.common["evidence-content-types"][kind]})
        conversation.expected = expected
        seen = conversation.run().seen
        self.assertEqual(len(seen), 2)  # as relying party, and as attester
        return seen

    def test_an_enacttrust_node_is_affirmed(self):
        node = self.attester("enacttrust", "good", False)
        self.end_to_end(node, "mini", lambda nonce: node.expected("good", nonce))

    def test_a_psa_device_is_affirmed(self):
        for endorsements in ("full", "mini"):
            device = self.attester("psa", "good", True)
            self.end_to_end(device, endorsements, lambda nonce: device.expected("good", nonce))

    def test_a_psa_device_whose_components_are_signed_by_others_gets_a_warning(self):
        device = self.attester("psa", "good", False)

        def expected(nonce: bytes) -> dict:
            result = device.expected("good", nonce)
            result["PSA_IOT"]["ear.status"] = SIGNER["ear.status"]
            result["PSA_IOT"]["ear.trustworthiness-vector"]["executables"] = SIGNER["executables"]
            return result

        self.end_to_end(device, "full", expected)

    @staticmethod
    def refused(scheme: str, problem: str):
        """As Veraison refuses (its result of a token without claims), with our words."""
        result = json_at("results/psa.noident.json")["PSA_IOT"]
        return lambda nonce: {scheme: {**result, "problem": problem}}

    # Veraison's file has these cases switched off, and the result of the first.
    def test_a_psa_device_is_refused(self):
        for evidence, endorsements, bad_key, problem in (
                ("missingclaims", "mini", False, "missing_member"), ("good", "mini", True, "bad_signature"),
                ("badinstance", "full", False, "unknown_attester")):
            with self.subTest(evidence=evidence, bad_key=bad_key):
                device = self.attester("psa", evidence, True, bad_key=bad_key)
                self.end_to_end(device, endorsements, self.refused("PSA_IOT", problem))

    def test_a_psa_device_with_another_component_gets_a_warning(self):
        device = self.attester("psa", "badswcomp", True)
        self.end_to_end(device, "full", lambda nonce: {"PSA_IOT": {
            "ear.status": "warning", "problem": "got sha-256 0c400304",
            "ear.trustworthiness-vector": {
                **json_at("results/psa.good.json")["PSA_IOT"]["ear.trustworthiness-vector"], "executables": 33}}})

    def test_recorded_evidence_is_refused(self):
        status = DIFFERENCES["end-to-end, recorded evidence"]["ear.status"][0]
        for scheme, endorsements in (("enacttrust", "mini"), ("psa", "full")):
            with self.subTest(scheme=scheme):
                attester = self.attester(scheme, "good", True)
                attester.recorded = decoded(self.common["nonce32"]["bad-value"])
                expected = self.refused(SCHEMES[scheme], "nonce_mismatch")
                self.assertEqual(self.end_to_end(attester, endorsements, expected), [{SCHEMES[scheme]: status}] * 2)

    def test_a_nonce_that_is_none_opens_no_session(self):
        conversation = Conversation(self, self.verifier(), "test_end_to_end.tavern.yaml")
        for nonce, expected in ((self.common["nonce32"]["value"], 201), (self.common["bad-nonce"], 400)):
            path = f"/challenge-response/v1/newSession?nonce={nonce}"
            status, answer, content = conversation.call("POST", path)
            self.assertEqual(status, expected, content)
            conversation.check_form(path, status, answer, content)

    def verify_challenge(self, language: str, rules: str, status: str, *options, right_signer=True):
        device = self.attester("cca", "good", right_signer)

        def expected(nonce: bytes) -> dict:
            result = device.expected("verify-challenge", nonce)
            if not right_signer:
                result["CCA_SSD_PLATFORM"]["ear.trustworthiness-vector"]["executables"] = SIGNER["executables"]
                result["CCA_SSD_PLATFORM"]["ear.status"] = SIGNER["ear.status"]
            if status != "affirming":
                for one in result.values():
                    one["ear.status"] = status
            return result

        nonce = self.common["nonce64"]
        conversation = Conversation(
            self, self.verifier(*options), "test_cca_verify_challenge.tavern.yaml", device, scheme="cca",
            evidence="good", endorsements="full",
            **{"nonce-value": nonce["value"], "platform-en-content-type": PLATFORM, "realm-en-content-type": REALM,
               "evidence-content-type": self.common["evidence-content-types"]["cca._"]})
        conversation.rules, conversation.expected = rules, expected
        conversation.differences = DIFFERENCES[f"cca-verify-challenge in {language}"]
        self.assertEqual(len(conversation.run().seen), 1)

    def test_a_realm_is_affirmed_under_a_policy(self):
        self.verify_challenge("Lua", LUA, "affirming")
        self.verify_challenge("Lua", LUA, "affirming", right_signer=False)
        self.verify_challenge("Lua", REFUSING["Lua"], "contraindicated")

    def test_a_realm_is_affirmed_under_veraisons_policy(self):
        agent = OpenPolicyAgent()
        self.addCleanup(agent.stop)
        self.verify_challenge("Rego", REGO, "affirming", "--opa", agent.url)
        self.verify_challenge("Rego", REFUSING["Rego"], "contraindicated", "--opa", agent.url)


if __name__ == "__main__":
    run_tests()
