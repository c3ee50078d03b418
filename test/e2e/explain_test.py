"""credence explain, over results of every form that a verifier gives, and the trace behind them."""
import base64
import http.client
import json
import pathlib
import subprocess
import tempfile
import unittest
import urllib.parse

from laboratory import CREDENCE, Verifier, credence, facts, record

TPM = "application/vnd.parallaxsecond.key-attestation.tpm"


def session(url: str, query: str, media_type: str, evidence: bytes) -> dict:
    """One challenge-response session, as any client of Veraison's API runs it."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    connection.request("POST", f"/challenge-response/v1/newSession?{query}")
    opened = connection.getresponse()
    opened.read()
    assert opened.status == 201, opened.status
    connection.request("POST", f"/challenge-response/v1/{opened.getheader('Location')}", evidence,
                       {"Content-Type": media_type})
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return content


def byte_string(cbor: bytes, at: int) -> tuple:
    """The byte string at this offset, and where it ends."""
    size, at = cbor[at] - 0x40, at + 1
    if size >= 24:
        width = {24: 1, 25: 2}[size]
        size, at = int.from_bytes(cbor[at:at + width], "big"), at + width
    return cbor[at:at + size], at + size


def encoded(octets: bytes) -> bytes:
    """A byte string in CBOR."""
    size = len(octets)
    head = bytes([0x40 + size]) if size < 24 else bytes([0x58, size]) if size < 256 else b"\x59" + size.to_bytes(2, "big")
    return head + octets


class Explain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        cls.verifier = Verifier(cls.folder)
        cls.addClassCleanup(cls.verifier.stop)
        cls.evidence, cls.nonce = record(cls.verifier, cls.folder)

    def result(self, query: str = "", nonce: bytes = b"") -> dict:
        encoded = base64.urlsafe_b64encode(nonce or self.nonce).decode().rstrip("=")
        return session(self.verifier.url, f"nonce={encoded}&{query}", TPM, self.evidence)

    def explain(self, content, *arguments, expect: int = 0) -> subprocess.CompletedProcess:
        file = self.folder / "result"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return credence("explain", file, *arguments, expect=expect)

    def key(self) -> list:
        return ["--verifier-key", f"{self.verifier.key}.pub"]

    def test_every_form_is_read_and_its_signature_checked(self):
        plain = self.result()
        cwt = self.result("ear=draft-cwt")
        octets = base64.urlsafe_b64decode(cwt["result"] + "==")
        for content in (plain["result"], self.result("ear=draft")["result"], cwt["result"], octets, json.dumps(plain)):
            said = facts(self.explain(content, *self.key()))
            self.assertEqual(said["verdict"], "affirming")
            self.assertEqual(said["signature"], "good, by a given key")
            self.assertFalse(said["traced"])
        self.assertIn("NOT CHECKED", facts(self.explain(plain["result"]))["signature"])
        changed = plain["result"][:-5] + ("AAAAA" if plain["result"][-5:] != "AAAAA" else "BBBBB")
        refused = self.explain(changed, *self.key(), expect=1)
        self.assertIn("untrusted_verifier", refused.stderr)

    def test_a_trace_names_values_and_corims(self):
        steps = facts(self.explain(self.result("trace=1")["result"], *self.key()))["submodules"]["PARSEC_TPM"]["steps"]
        pcr = next(step for step in steps if step["subject"] == "PCR 1 (sha-256)")
        self.assertEqual(pcr["expected"], pcr["actual"])
        self.assertEqual(len(pcr["submission"]), 64)
        self.assertTrue(pcr["source"])
        self.assertTrue(all(step["agrees"] for step in steps))

    def test_a_replay_is_explained(self):
        result = self.result("trace=1", nonce=bytes(32))["result"]
        said = facts(self.explain(result, *self.key(), expect=1))
        self.assertEqual(said["verdict"], "contraindicated")
        self.assertEqual(said["submodules"]["PARSEC_TPM"]["code"], "binder_mismatch")
        self.assertIn("another connection", said["submodules"]["PARSEC_TPM"]["what to do"])
        self.assertFalse(said["submodules"]["PARSEC_TPM"]["steps"][-1]["agrees"])

    def test_appraise_traces_and_explain_reads_what_it_wrote(self):
        evidence = self.folder / "evidence"
        evidence.write_bytes(self.evidence)
        corims = [self.folder / "veraison.corim.cbor", self.folder / "keys.corim.cbor"]
        done = credence("appraise", evidence, "--media-type", TPM, "--corim", *corims, "--binder", self.nonce.hex(),
                        "--trace")
        said = facts(self.explain(done.stdout))
        self.assertIn("NONE", said["signature"])
        self.assertTrue(said["traced"])
        text = subprocess.run([CREDENCE, "explain", "-"], input=done.stdout, capture_output=True, text=True, timeout=60)
        self.assertEqual(text.returncode, 0, text.stderr)
        for part in ("verdict    affirming", "[good] PCR 0 (sha-256)", "all that was loaded is approved"):
            self.assertIn(part, text.stdout)

    def test_openssl_verifies_what_is_signed(self):
        header, payload, signature = self.result()["result"].split(".")
        self.verified_by_openssl(f"{header}.{payload}".encode(), base64.urlsafe_b64decode(signature + "=="))
        self.assertEqual(json.loads(base64.urlsafe_b64decode(header + "=="))["alg"], "ES256")
        cwt = base64.urlsafe_b64decode(self.result("ear=draft-cwt")["result"] + "==")
        self.assertEqual(cwt[:4], b"\xd8\x3d\xd2\x84")  # 61(18([
        protected, at = byte_string(cwt, 4)
        self.assertEqual(cwt[at], 0xa0)  # nothing unprotected
        payload, at = byte_string(cwt, at + 1)
        signature, at = byte_string(cwt, at)
        self.assertEqual(at, len(cwt))
        signed = b"\x84\x6aSignature1" + encoded(protected) + encoded(b"") + encoded(payload)  # RFC 9052 section 4.4
        self.verified_by_openssl(signed, signature)

    def verified_by_openssl(self, message: bytes, signature: bytes):
        """An ECDSA signature r || s, by a program that shares no line with ours but libcrypto."""
        def integer(octets: bytes) -> bytes:
            octets = octets.lstrip(b"\0")
            octets = b"\0" + octets if octets[0] & 0x80 else octets
            return bytes([2, len(octets)]) + octets
        numbers = integer(signature[:32]) + integer(signature[32:])
        (self.folder / "message").write_bytes(message)
        (self.folder / "signature").write_bytes(bytes([0x30, len(numbers)]) + numbers)
        subprocess.run(["openssl", "dgst", "-sha256", "-verify", f"{self.verifier.key}.pub", "-signature",
                        self.folder / "signature", self.folder / "message"], check=True, capture_output=True)

    def test_what_is_no_result_is_refused(self):
        for content in ("", "eyJ", "no result", "{}", json.dumps({"result": 1}), b"\xd8\x3d\xd2"):
            self.explain(content, expect=1)
        self.explain(json.dumps({"eat_profile": "x"}), *self.key(), expect=1)


if __name__ == "__main__":
    unittest.main()
