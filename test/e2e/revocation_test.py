"""An operator revokes a machine and lifts it again, and another verifier asks for what is endorsed."""
import base64
import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from authority import certificate_authority, revocation_list
from laboratory import CLASS, CREDENCE, LibtpmsTpm, Process, Verifier, credence, endorse, facts, self_signed

FLOOD = os.environ["CREDENCE_FLOOD"]


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

    def test_a_revocation_list_is_kept_until_a_newer_one_comes(self):
        issuer, key = certificate_authority(self.folder, "maker")
        to = ["--to", self.verifier.url]
        file = self.folder / "list"
        file.write_text(revocation_list(issuer, key, 6))
        add = ["revoke", "crl", file, "--issuer-certificate", issuer, *to]
        made = facts(credence(*add))
        self.assertEqual((made["issuer"], made["number"], made["entries"]), ("CN=Maker", "06", 1))
        self.assertEqual(made["reason"], "certificate revocation list")
        self.assertNotIn("value", made)
        listed = facts(credence("revoke", "--list", *to))["revocations"]
        self.assertEqual(listed, [made])
        self.assertIn("next-update", made)
        self.assertEqual(facts(credence(*add))["id"], made["id"])

        file.write_text(revocation_list(issuer, key, 5))
        refused = credence(*add, expect=1)
        self.assertIn("an older one does not replace it", refused.stdout + refused.stderr)
        newer = subprocess.run(["openssl", "crl", "-outform", "DER"], check=True, capture_output=True,
                               input=revocation_list(issuer, key, 7).encode()).stdout
        file.write_bytes(newer)
        self.assertEqual(facts(credence(*add, "--reason", "the list of today"))["number"], "07")
        listed = facts(credence("revoke", "--list", *to))["revocations"]
        self.assertEqual([(entry["number"], entry["reason"]) for entry in listed], [("07", "the list of today")])
        with_text = subprocess.run(["openssl", "crl", "-text"], check=True, capture_output=True, text=True,
                                   input=revocation_list(issuer, key, 8)).stdout
        self.assertTrue(with_text.startswith("Certificate Revocation List"), with_text)
        file.write_text(with_text)
        self.assertEqual(facts(credence(*add))["number"], "08")

        other, _ = certificate_authority(self.folder, "other")
        credence("revoke", "crl", file, "--issuer-certificate", other, *to, expect=1)
        issuer.rename(self.folder / "authority.pem")
        signer, _ = certificate_authority(self.folder, "maker", "-addext", "basicConstraints=critical,CA:FALSE",
                                          "-addext", "keyUsage=critical,cRLSign")
        refused = credence("revoke", "crl", file, "--issuer-certificate", signer, *to, expect=1)
        self.assertIn("CN=Maker is no such authority", refused.stdout + refused.stderr)
        complaint = credence("revoke", "crl", file, *to, expect=2)
        self.assertIn("expected --issuer-certificate FILE", complaint.stdout + complaint.stderr)
        credence("revoke", "--lift", made["id"], *to)
        self.assertEqual(facts(credence("revoke", "--list", *to))["revocations"], [])

    def connected(self, address, *options):
        client = subprocess.Popen([CREDENCE, "--json", "connect", address, *map(str, options)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(client.kill)
        return client

    def wait_for_change(self):
        """Until the feed has told of the last change, and followers have had the time to act on it."""
        position = json.loads(self.get("/change-feed/v1/changes", "application/json")[1])["position"]
        generation, rest = position.split(".", 1)
        before = f"{int(generation) - 1}.{rest}"
        _, news = self.get(f"/change-feed/v1/changes?after={before}&wait=10", "application/json")
        self.assertEqual(len(json.loads(news)["changes"]), 1)
        time.sleep(2)  # the feed is looked at five times in a second, held connections ten times

    def test_held_connections_end_with_their_verdicts(self):
        tpm = LibtpmsTpm(self.folder / "client")
        instance = endorse(tpm, self.verifier, self.folder / "corims")["instance"]
        certificate, key = self_signed(self.folder, "server")
        for when in ("revoked", "any"):
            server = Process("serve", "--listen", "127.0.0.1:0", "--cert", certificate, "--key", key, "--require",
                             *self.verifier.options(), "--peer-instance", instance, "--close-on-change", when)
            self.addCleanup(server.stop)
            address = server.event("listening")["address"]
            options = [*tpm.options(), "--attest", "--peer-ca", certificate]
            held = self.connected(address, *options)
            self.assertEqual(server.event("connection")["verdict"], "affirming")
            # What only adds ends verdicts where that is wanted, and nowhere else.
            endorse(LibtpmsTpm(self.folder / f"other-{when}"), self.verifier, self.folder / f"more-{when}")
            if when == "any":
                self.assertIn("endorsements added", server.event("closed")["reason"])
                self.assertNotEqual(held.wait(timeout=30), 0)
                continue
            self.wait_for_change()
            said, complaints = held.communicate("x\n", timeout=30)
            self.assertEqual((held.returncode, json.loads(said)["reply"]), (0, "x\n"), complaints)

            held = self.connected(address, *options)
            self.assertEqual(server.event("connection")["verdict"], "affirming")
            made = facts(credence("revoke", "instance", instance, "--reason", "stolen", "--to", self.verifier.url))
            closed = server.event("closed")
            self.assertEqual(closed["code"], "stale")
            self.assertIn("deny-list added", closed["reason"])
            self.assertNotEqual(held.wait(timeout=30), 0)
            credence("connect", address, *options, input="x\n", expect=1)
            self.assertEqual(server.event("connection")["verdict"], "refused")
            credence("revoke", "--lift", made["id"], "--to", self.verifier.url)
            credence("connect", address, *options, input="x\n")

    def test_a_peer_that_never_stops_sending_is_stopped(self):
        tpm = LibtpmsTpm(self.folder / "client")
        instance = endorse(tpm, self.verifier, self.folder / "corims")["instance"]
        other = LibtpmsTpm(self.folder / "other")
        endorse(other, self.verifier, self.folder / "more")
        certificate, key = self_signed(self.folder, "server")
        server = Process("serve", "--listen", "127.0.0.1:0", "--cert", certificate, "--key", key, "--require",
                         *self.verifier.options(), "--peer-instance", instance, "--close-on-change", "revoked")
        self.addCleanup(server.stop)
        address = server.event("listening")["address"]
        flood = subprocess.Popen([FLOOD, address.rsplit(":", 1)[1], *map(str, (tpm.tcti, tpm.state, certificate))],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(flood.communicate)
        self.addCleanup(flood.kill)
        self.assertEqual(server.event("connection")["verdict"], "affirming")
        self.assertEqual(flood.stdout.readline(), "echoed\n")
        # Another has its turn meanwhile.
        credence("connect", address, *other.options(), "--attest", "--peer-ca", certificate, input="x\n", expect=1)
        self.assertEqual(server.event("connection")["verdict"], "refused")
        self.assertIsNone(flood.poll())
        credence("revoke", "instance", instance, "--reason", "stolen", "--to", self.verifier.url)
        revoked = time.monotonic()
        self.assertIn("deny-list added", server.event("closed")["reason"])
        self.assertLess(time.monotonic() - revoked, 15)
        self.assertEqual(flood.wait(timeout=30), 0)

    def test_a_verdict_ends_with_its_lifetime(self):
        tpm = LibtpmsTpm(self.folder / "client")
        instance = endorse(tpm, self.verifier, self.folder / "corims")["instance"]
        certificate, key = self_signed(self.folder, "server")
        serve = ["serve", "--listen", "127.0.0.1:0", "--cert", certificate, "--key", key, "--require",
                 *self.verifier.options(), "--peer-instance", instance, "--verdict-lifetime", 10]
        said = credence(*serve, expect=2)
        self.assertIn("--verdict-lifetime needs --close-on-change", said.stdout + said.stderr)
        server = Process(*serve, "--close-on-change", "revoked")
        self.addCleanup(server.stop)
        address = server.event("listening")["address"]
        held = self.connected(address, *tpm.options(), "--attest", "--peer-ca", certificate)
        self.assertEqual(server.event("connection")["verdict"], "affirming")
        self.assertIn("older than 10 s", server.event("closed")["reason"])
        self.assertNotEqual(held.wait(timeout=30), 0)

    def test_changes_are_followed_or_nothing_is_served(self):
        certificate, key = self_signed(self.folder, "server")
        serve = ["serve", "--listen", "127.0.0.1:0", "--cert", certificate, "--key", key]
        demand = ["--require", *self.verifier.options(), "--any-of-class", "--peer-ca", certificate]
        said = credence(*serve, "--close-on-change", "revoked", "--insecure-software-root", "--attest", expect=2)
        self.assertIn("--close-on-change needs --require", said.stdout + said.stderr)
        self.verifier.stop()
        said = credence(*serve, *demand, "--close-on-change", "revoked", expect=3)
        self.assertIn("--close-on-change", said.stdout + said.stderr)

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
