"""credence policy: a policy is tried on evidence from a file, given to a verifier, seen at work and taken back."""
import base64
import json
import pathlib
import subprocess
import tempfile
import unittest

from explain_test import TPM, session
from laboratory import CREDENCE, Verifier, credence, facts, record

LOWER = 'executables = UNSAFE_RT\nadded_claims.problem = "not on a Saturday"\n'
RAISE = "storage_opaque = HW_ENCRYPTED_SECRETS\n"


def claims_of(result: str) -> dict:
    payload = result.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["submods"]["PARSEC_TPM"]


class Policy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        cls.verifier = Verifier(cls.folder)
        cls.addClassCleanup(cls.verifier.stop)
        cls.evidence, cls.nonce = record(cls.verifier, cls.folder)
        (cls.folder / "evidence.cbor").write_bytes(cls.evidence)

    def rules(self, text: str, name: str = "rules.lua") -> pathlib.Path:
        file = self.folder / name
        file.write_text(text)
        return file

    def try_out(self, text: str, *options, expect: int = 0) -> subprocess.CompletedProcess:
        corims = [word for name in ("veraison", "keys") for word in ("--corim", self.folder / f"{name}.corim.cbor")]
        return credence("policy", "test", self.rules(text), self.folder / "evidence.cbor", "--media-type", TPM, *corims,
                        "--binder", self.nonce.hex(), *options, expect=expect)

    def apply(self, text: str, *options, expect: int = 0) -> subprocess.CompletedProcess:
        return credence("policy", "apply", self.rules(text), "--scheme", "PARSEC_TPM", "--to", self.verifier.url, *options,
                        expect=expect)

    def submodule(self) -> dict:
        nonce = base64.urlsafe_b64encode(self.nonce).decode().rstrip("=")
        return claims_of(session(self.verifier.url, f"nonce={nonce}", TPM, self.evidence)["result"])

    def test_is_tried_without_a_network(self):
        self.assertEqual(facts(self.try_out("-- content with everything\n"))["after"]["affirming"], True)
        trial = facts(self.try_out(LOWER, expect=1))
        self.assertEqual((trial["before"]["affirming"], trial["after"]["affirming"]), (True, False))
        self.assertEqual([step["claim"] for step in trial["steps"]], ["executables"])
        self.assertIn("line 1", trial["steps"][0]["source"])

    def test_that_does_not_compile_is_refused_and_says_where(self):
        for verb in (lambda: self.try_out("executables = = 1\n", expect=1), lambda: self.apply("executables = = 1\n", expect=1)):
            refused = verb()
            self.assertIn(":1:", refused.stdout + refused.stderr)
        listed = facts(credence("policy", "list", "--scheme", "PARSEC_TPM", "--to", self.verifier.url))["policies"]
        self.assertNotIn("executables = = 1\n", [policy["rules"] for policy in listed])

    def test_is_in_force_once_it_is_applied(self):
        self.assertEqual(self.submodule()["ear.status"], "affirming")
        applied = facts(self.apply(LOWER, "--name", "weekend"))
        self.assertEqual(applied["outcome"], "active")
        lowered = self.submodule()
        self.assertEqual(lowered["ear.status"], "warning")
        self.assertEqual(lowered["ear.veraison.policy-claims"]["problem"], "not on a Saturday")
        self.assertEqual(lowered["ear.appraisal-policy-id"], f"policy:PARSEC_TPM/{applied['policy']}")
        listed = facts(credence("policy", "list", "--scheme", "PARSEC_TPM", "--to", self.verifier.url))["policies"]
        mine = [policy for policy in listed if policy["uuid"] == applied["policy"]]
        self.assertEqual([(policy["name"], policy["active"], policy["rules"]) for policy in mine],
                         [("weekend", True, LOWER)])

        # The next one takes its place, and none lets the verdict be again what the scheme made of it.
        self.apply("-- content with everything\n")
        self.assertEqual(self.submodule()["ear.status"], "affirming")

    def test_raises_with_the_grant_only(self):
        self.apply(RAISE)
        refused = self.submodule()
        self.assertEqual(refused["ear.status"], "contraindicated")
        self.assertIn("storage-opaque", refused["ear.veraison.policy-claims"]["problem"])
        self.apply(RAISE, "--grant-raise")
        granted = self.submodule()
        self.assertEqual(granted["ear.trustworthiness-vector"]["storage-opaque"], 2)
        self.assertIn("raised", granted["ear.veraison.policy-claims"])
        self.apply("-- content with everything\n")

    def test_goes_back_to_an_older_one_and_to_none(self):
        of_scheme = ["--scheme", "PARSEC_TPM", "--to", self.verifier.url]
        first = facts(self.apply(LOWER))["policy"]
        second = facts(self.apply("-- content with everything\n"))["policy"]
        self.assertEqual(self.submodule()["ear.status"], "affirming")
        credence("policy", "activate", first, *of_scheme)
        self.assertEqual(self.submodule()["ear.status"], "warning")
        self.assertIn("conflict", credence("policy", "remove", first, *of_scheme, expect=1).stderr)
        credence("policy", "deactivate", *of_scheme)
        self.assertEqual(self.submodule()["ear.status"], "affirming")
        for policy in (first, second):
            credence("policy", "remove", policy, *of_scheme)
        left = [policy["uuid"] for policy in facts(credence("policy", "list", *of_scheme))["policies"]]
        self.assertFalse({first, second} & set(left))
        self.assertIn("not_found", credence("policy", "remove", first, *of_scheme, expect=2).stderr)

    def test_names_what_is_missing(self):
        for arguments, words in (
                (["apply", self.rules(LOWER, "rules.txt"), "--scheme", "PARSEC_TPM", "--to", self.verifier.url],
                 "expected a file whose name ends with .lua or .rego"),
                (["apply", self.rules(LOWER), "--scheme", "PARSEC_TPN", "--to", self.verifier.url], "PARSEC_TPN"),
                (["apply", self.folder / "absent.lua", "--scheme", "PARSEC_TPM", "--to", self.verifier.url],
                 "absent.lua")):
            with self.subTest(words=words):
                done = subprocess.run([CREDENCE, "policy", *map(str, arguments)], capture_output=True, text=True,
                                      timeout=60)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
