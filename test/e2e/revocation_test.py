"""An operator revokes a machine and lifts it again, and another verifier asks for what is endorsed."""
import base64
import http.client
import json
import pathlib
import tempfile
import unittest
import urllib.parse

from laboratory import CLASS, LibtpmsTpm, Process, Verifier, credence, endorse, facts


class Revocation(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.verifier = Verifier(self.folder)
        self.addCleanup(self.verifier.stop)

    def get(self, path, accept):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.verifier.url).netloc)
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        return answer, answer.read()

    def test_a_revoked_machine_is_refused_until_it_is_lifted(self):
        tpm = LibtpmsTpm(self.folder / "server")
        instance = endorse(tpm, self.verifier, self.folder / "corims")["instance"]
        server = Process("serve", "--listen", "127.0.0.1:0", *tpm.options(), "--attest")
        self.addCleanup(server.stop)
        address = server.event("listening")["address"]
        connect = ["connect", address, "--require", *self.verifier.options(), "--peer-instance", instance]
        to = ["--to", self.verifier.url]

        credence(*connect, input="x\n")
        made = facts(credence("revoke", "instance", instance, "--reason", "the machine was stolen", *to))
        refused = credence(*connect, input="x\n", expect=1)
        self.assertIn("the machine was stolen", refused.stdout + refused.stderr)
        listed = facts(credence("revoke", "--list", *to))["revocations"]
        self.assertEqual([entry["id"] for entry in listed], [made["id"]])
        credence("revoke", "--lift", made["id"], *to)
        credence(*connect, input="x\n")
        credence("revoke", "instance", instance, *to, expect=2)

    def test_coserv_gives_the_reference_values_of_a_class(self):
        endorse(LibtpmsTpm(self.folder / "tpm"), self.verifier, self.folder / "corims")
        profile = b"tag:github.com/parallaxsecond,2023-03-03:tpm"
        class_id = bytes.fromhex(CLASS.replace("-", ""))
        query = (b"\xa2\x00\x78" + bytes([len(profile)]) + profile + b"\x01\xa3\x00\x02\x01\xa1\x00\x81\x81\xa1\x00"
                 b"\xd8\x25\x50" + class_id + b"\x02\x00")
        path = "/endorsement-distribution/v1/coserv/" + base64.urlsafe_b64encode(query).decode().rstrip("=")
        answer, body = self.get(path, "application/coserv+cbor")
        self.assertEqual(answer.status, 200, body)
        self.assertIn("max-age=", answer.getheader("Cache-Control"))
        file = self.folder / "answer.cbor"
        file.write_bytes(body)
        shown = facts(credence("inspect", file))
        self.assertEqual(shown["asks for"], "reference values")
        self.assertEqual(len(shown["reference values"]), 1)
        answer, body = self.get("/.well-known/coserv-configuration", "application/coserv-discovery+json")
        self.assertEqual(len(json.loads(body)["result-verification-key"]), 1)


if __name__ == "__main__":
    unittest.main()
