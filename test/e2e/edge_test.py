"""A relying party that is its own verifier: over CoSERV while the verifier is there and after, and with an offline bundle."""
import pathlib
import subprocess
import tempfile
import time
import unittest

from laboratory import (CLASS, CREDENCE, LibtpmsTpm, Process, Recorder, SwtpmTpm, Verifier, credence, endorse, facts,
                        self_signed)


class Laboratory(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def verifier(self, *options):
        verifier = Verifier(self.folder, *options)
        self.addCleanup(verifier.stop)
        return verifier

    def server(self, *options):
        server = Process("serve", "--listen", "127.0.0.1:0", *options)
        self.addCleanup(server.stop)
        return server, server.event("listening")["address"]

    def endorsed(self, kind, verifier, name="tpm"):
        tpm = kind(self.folder / name)
        self.addCleanup(tpm.stop)
        return tpm, endorse(tpm, verifier, self.folder / f"{name}-corims")["instance"]


class Edge(Laboratory):
    LIFETIME = 60

    def relying_server(self, verifier, *options):
        certificate, key = self_signed(self.folder, "server")
        server, address = self.server("--cert", certificate, "--key", key, "--require", "--edge", *verifier.options(),
                                      *options)
        return server, address, certificate

    def test_needs_the_verifier_only_while_it_does_not_know(self):
        verifier = self.verifier("--coserv-lifetime", self.LIFETIME)
        tpm, instance = self.endorsed(LibtpmsTpm, verifier)
        server, address, certificate = self.relying_server(verifier, "--peer-instance", instance)
        connect = ["connect", address, *tpm.options(), "--attest", "--peer-ca", certificate]

        credence(*connect, input="x\n")
        self.assertEqual(server.event("connection")["verdict"], "affirming")
        asked = time.monotonic()
        verifier.stop()
        credence(*connect, input="x\n")
        self.assertEqual(server.event("connection")["verdict"], "affirming")
        time.sleep(max(0.0, asked + self.LIFETIME + 1 - time.monotonic()))
        late = subprocess.run([CREDENCE, *map(str, connect)], input="x\n", capture_output=True, text=True, timeout=60)
        self.assertNotEqual(late.returncode, 0)
        refused = server.event("connection")
        self.assertEqual((refused["verdict"], refused["code"]), ("undecided", "unavailable"))
        self.assertIn("it is not used any more", refused["reason"])

    def test_refuses_what_was_extended_after_the_endorsement(self):
        verifier = self.verifier()
        tpm, instance = self.endorsed(SwtpmTpm, verifier)
        server, address, certificate = self.relying_server(verifier, "--peer-instance", instance)
        connect = ["connect", address, *tpm.options(), "--attest", "--peer-ca", certificate]
        credence(*connect, input="x\n")
        self.assertEqual(server.event("connection")["verdict"], "affirming")
        subprocess.run(["tpm2_pcrextend", "-T", tpm.tcti, f"1:sha256={'5a' * 32}"], check=True)
        credence(*connect, input="x\n", expect=1)
        refused = server.event("connection")
        self.assertEqual(refused["verdict"], "refused")
        self.assertIn("PCR 1", refused["reason"])

    def test_applies_its_own_policy(self):
        verifier = self.verifier()
        tpm, instance = self.endorsed(LibtpmsTpm, verifier)
        rules = self.folder / "rules.lua"
        for text, verdict in (("-- content with everything, whatever identity it has and whatever is endorsed\n",
                               "affirming"),
                              ('executables = UNSAFE_RT\nadded_claims.problem = "not on a Saturday"\n', "refused")):
            rules.write_text(text)
            server, address, certificate = self.relying_server(verifier, "--peer-instance", instance, "--policy",
                                                               f"PARSEC_TPM={rules}")
            credence("connect", address, *tpm.options(), "--attest", "--peer-ca", certificate, input="x\n",
                     expect=0 if verdict == "affirming" else 1)
            seen = server.event("connection")
            self.assertEqual(seen["verdict"], verdict)
        self.assertIn("not on a Saturday", seen["reason"])

    def test_says_what_its_own_policy_cannot_see(self):
        verifier = self.verifier()
        tpm, instance = self.endorsed(LibtpmsTpm, verifier)
        rules = self.folder / "rules.lua"
        options = ["--peer-instance", instance, "--policy", f"PARSEC_TPM={rules}"]
        rules.write_text("if evidence.endorsed and #evidence.endorsed > 9 then executables = UNSAFE_RT end\n")
        server, address, certificate = self.relying_server(verifier, *options)
        credence("connect", address, *tpm.options(), "--attest", "--peer-ca", certificate, input="x\n")
        seen = server.event("connection")
        self.assertEqual(seen["verdict"], "affirming")
        self.assertTrue(any("CoSERV has no place" in warning for warning in seen["warnings"]), seen)

        rules.write_text("for _, e in ipairs(evidence.endorsed or {}) do\n"
                         "  if e.identity then executables = UNSAFE_RT end\nend\n")
        refused = credence("serve", "--listen", "127.0.0.1:0", "--cert", certificate, "--key",
                           self.folder / "server.key", "--require", "--edge", *verifier.options(), *options, expect=2)
        self.assertIn("identity", refused.stdout + refused.stderr)

    def test_sees_a_revocation_when_its_answers_end(self):
        verifier = self.verifier()
        tpm, instance = self.endorsed(LibtpmsTpm, verifier)
        server, address, certificate = self.relying_server(verifier, "--peer-instance", instance, "--max-age", 3)
        connect = ["connect", address, *tpm.options(), "--attest", "--peer-ca", certificate]
        credence(*connect, input="x\n")
        self.assertEqual(server.event("connection")["verdict"], "affirming")
        credence("revoke", "instance", instance, "--reason", "the machine was stolen", "--to", verifier.url)
        time.sleep(4)
        credence(*connect, input="x\n", expect=1)
        self.assertIn("the machine was stolen", server.event("connection")["reason"])


class Bundle(Laboratory):
    def create(self, verifier, instance, name="site.bundle"):
        bundle = self.folder / name
        made = facts(credence("bundle", "create", *verifier.options(), "--class", CLASS, "--instance", instance, "-o",
                              bundle))
        self.assertEqual(made["bundle"], str(bundle))
        return bundle

    def connect(self, address, instance, verifier, bundle, *options, **more):
        return credence("connect", address, "--require", "--bundle", bundle, "--verifier-key", f"{verifier.key}.pub",
                        "--peer-instance", instance, *options, input="x\n", **more)

    def test_serves_without_a_verifier(self):
        verifier = self.verifier()
        tpm, instance = self.endorsed(SwtpmTpm, verifier)
        _, address = self.server(*tpm.options(), "--attest")
        bundle = self.create(verifier, instance)
        verifier.stop()

        shown = facts(credence("bundle", "show", bundle, "--verifier-key", f"{verifier.key}.pub"))
        self.assertEqual((shown["state"], shown["signatures"], shown["service"]), ("good", "good", verifier.url))
        self.assertNotIn("INSECURE TEST ROOT", shown)
        self.assertIn("not checked", facts(credence("bundle", "show", bundle))["signatures"])
        seen = facts(self.connect(address, instance, verifier, bundle))
        self.assertEqual(seen["verdict"], "affirming")
        self.assertTrue(any("offline bundle" in warning and "s ago" in warning for warning in seen["warnings"]))

        rules = self.folder / "rules.lua"
        rules.write_text('executables = UNSAFE_RT\nadded_claims.problem = "not on a Saturday"\n')
        lowered = self.connect(address, instance, verifier, bundle, "--policy", f"PARSEC_TPM={rules}", expect=1)
        self.assertIn("not on a Saturday", lowered.stdout + lowered.stderr)

        time.sleep(2)
        late = self.connect(address, instance, verifier, bundle, "--max-age", 1, expect=1)
        self.assertIn("at most 1 s old", late.stdout + late.stderr)

        for place, part in ((len(bundle.read_bytes()) // 2, "results."), (-1, "results.")):
            octets = bytearray(bundle.read_bytes())
            octets[place] ^= 1
            tampered = self.folder / "tampered.bundle"
            tampered.write_bytes(octets)
            refused = self.connect(address, instance, verifier, tampered, expect=1)
            self.assertIn(part, refused.stdout + refused.stderr)

        subprocess.run(["tpm2_pcrextend", "-T", tpm.tcti, f"1:sha256={'5a' * 32}"], check=True)
        refused = self.connect(address, instance, verifier, bundle, expect=1)
        self.assertIn("PCR 1", refused.stdout + refused.stderr)

    def test_is_refused_past_its_end(self):
        verifier = self.verifier("--coserv-lifetime", 4)
        tpm, instance = self.endorsed(LibtpmsTpm, verifier)
        _, address = self.server(*tpm.options(), "--attest")
        bundle = self.create(verifier, instance)
        time.sleep(4)
        refused = self.connect(address, instance, verifier, bundle, expect=1)
        said = refused.stdout + refused.stderr
        for part in ("expired", "s ago), good until", "credence bundle create"):
            self.assertIn(part, said)
        self.assertEqual(facts(credence("bundle", "show", bundle, expect=1))["state"], "expired")

    def test_appraises_a_file(self):
        verifier = self.verifier()
        tpm, instance = self.endorsed(LibtpmsTpm, verifier)
        recorder = Recorder(verifier.url)
        self.addCleanup(recorder.stop)
        _, address = self.server(*tpm.options(), "--attest")
        credence("connect", address, "--require", "--verifier", recorder.url, "--verifier-key", f"{verifier.key}.pub",
                 "--peer-instance", instance, input="x\n")
        evidence = self.folder / "evidence"
        evidence.write_bytes(recorder.evidence)
        appraise = ["appraise", evidence, "--media-type", recorder.media_type]
        keys = ["--verifier-key", f"{verifier.key}.pub"]
        good, other = recorder.nonce.hex(), "00" * len(recorder.nonce)
        credence(*appraise, "--binder", good, "--verifier", verifier.url, *keys)
        credence(*appraise, "--binder", other, "--verifier", verifier.url, *keys, expect=1)
        bundle = self.create(verifier, instance)
        verifier.stop()
        credence(*appraise, "--binder", good, "--bundle", bundle, *keys)
        credence(*appraise, "--binder", other, "--bundle", bundle, *keys, expect=1)
        credence(*appraise, "--binder", good, "--verifier", verifier.url, *keys, expect=3)
        credence(*appraise, "--binder", good, "--bundle", bundle, expect=2)
        credence(*appraise, "--binder", good, expect=2)

    def test_names_what_it_is_for(self):
        verifier = self.verifier()
        said = credence("bundle", "create", *verifier.options(), "-o", self.folder / "b", expect=2)
        self.assertIn("--class or --instance", said.stdout + said.stderr)
        said = credence("bundle", "create", *verifier.options(), "--class", "zz", "-o", self.folder / "b", expect=2)
        self.assertIn("--class: expected a UUID", said.stdout + said.stderr)
        said = credence("bundle", "create", *verifier.options(), "--class", CLASS, "--scheme", "X", "-o",
                        self.folder / "b", expect=2)
        self.assertIn("PARSEC_TPM", said.stdout + said.stderr)

    def test_is_not_made_for_rules_that_it_cannot_serve(self):
        verifier = self.verifier()
        create = ["bundle", "create", *verifier.options(), "--class", CLASS, "-o", self.folder / "b", "--policy"]
        for name, rules, status, part in (
                ("rules.rego", "package policy\n", 2, "expected rules in Lua, got Rego"),
                ("rules.lua", "if evidence.endorsed[1].identity then status = 'warning' end\n", 2, "CoSERV has no place"),
                ("wrong.lua", "if\n", 1, "policy:"),
                ("good.lua", "if #endorsements == 0 then status = 'warning' end\n", 0, "")):
            with self.subTest(name):
                (self.folder / name).write_text(rules)
                said = credence(*create, f"PARSEC_TPM={self.folder / name}", expect=status)
                self.assertIn(part, said.stdout + said.stderr)
                self.assertEqual((self.folder / "b").exists(), status == 0)


if __name__ == "__main__":
    unittest.main()
