"""The command line over real TPMs: who attests, who demands, and what is refused."""
import pathlib
import subprocess
import tempfile
import unittest

from laboratory import CREDENCE, LibtpmsTpm, Process, SwtpmTpm, Verifier, credence, endorse, facts, issued, self_signed


class Connections(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.verifier = Verifier(self.folder)
        self.addCleanup(self.verifier.stop)

    def tpm(self, kind, name):
        tpm = kind(self.folder / name)
        self.addCleanup(tpm.stop)
        return tpm

    def endorsed(self, kind, name):
        tpm = self.tpm(kind, name)
        return tpm, endorse(tpm, self.verifier, self.folder / f"{name}-corims")["instance"]

    def software_identity(self):
        return self_signed(self.folder, "server")

    def server(self, *options):
        server = Process("serve", "--listen", "127.0.0.1:0", *options)
        self.addCleanup(server.stop)
        return server, server.event("listening")["address"]

    def relying_server(self, *options):
        certificate, key = self.software_identity()
        server, address = self.server("--cert", certificate, "--key", key, "--require", *self.verifier.options(), *options)
        return server, address, certificate

    def test_client_attests_over_each_kind_of_tpm(self):
        for kind in (LibtpmsTpm, SwtpmTpm):
            with self.subTest(kind.__name__):
                tpm, instance = self.endorsed(kind, f"client-{kind.__name__}")
                server, address, certificate = self.relying_server("--peer-instance", instance)
                sent = credence("connect", address, *tpm.options(), "--attest", "--peer-ca", certificate, input="hello\n")
                self.assertEqual(facts(sent)["reply"], "hello\n")
                seen = server.event("connection")
                self.assertEqual(seen["verdict"], "affirming")
                self.assertEqual(seen["binding"], "handshake")
                self.assertEqual(seen["freshness"], "session")
                self.assertEqual(seen["instance"], instance)
                self.assertTrue(seen["software TPM"])

    def test_server_attests(self):
        tpm, instance = self.endorsed(SwtpmTpm, "server")
        _, address = self.server(*tpm.options(), "--attest")
        seen = facts(credence("connect", address, "--require", *self.verifier.options(), "--peer-instance", instance,
                              input="hello\n"))
        self.assertEqual((seen["verdict"], seen["reply"]), ("affirming", "hello\n"))

    def test_both_attest(self):
        ours, client = self.endorsed(LibtpmsTpm, "client")
        theirs, server_instance = self.endorsed(SwtpmTpm, "server")
        server, address = self.server(*theirs.options(), "--attest", "--require", *self.verifier.options(),
                                      "--peer-instance", client)
        seen = facts(credence("connect", address, *ours.options(), "--attest", "--require", *self.verifier.options(),
                              "--peer-instance", server_instance, input="hello\n"))
        self.assertEqual((seen["verdict"], seen["reply"]), ("affirming", "hello\n"))
        self.assertEqual(server.event("connection")["instance"], client)

    def test_another_instance_is_refused_and_any_of_class_accepts_it(self):
        tpm, instance = self.endorsed(LibtpmsTpm, "client")
        other = instance[:-2] + ("00" if instance[-2:] != "00" else "01")
        server, address, certificate = self.relying_server("--peer-instance", other)
        credence("connect", address, *tpm.options(), "--attest", "--peer-ca", certificate, input="x\n", expect=1)
        refused = server.event("connection")
        self.assertEqual((refused["verdict"], refused["code"]), ("refused", "wrong_peer"))
        server, address, certificate = self.relying_server("--any-of-class")
        credence("connect", address, *tpm.options(), "--attest", "--peer-ca", certificate, input="x\n")
        self.assertEqual(server.event("connection")["pinned by"], "any of class")

    def test_policies_of_the_verifier_hear_the_name_that_a_certificate_proves(self):
        tpm, instance = self.endorsed(LibtpmsTpm, "client")
        known = {fact["subject"]: fact["text"] for fact in facts(credence("doctor", *tpm.options()))["findings"]}
        authority, certificate = issued(self.folder, "device.example", known["TLS key"])
        rules = self.folder / "rules.lua"
        rules.write_text(f'if session.peer ~= "device.example" or session.instance ~= "{instance}" then\n'
                         "  instance_identity = UNRECOGNIZED_INSTANCE\nend\n")
        credence("policy", "apply", rules, "--scheme", "PARSEC_TPM", "--to", self.verifier.url)
        by_name = ["--peer-ca", authority, "--peer-name", "device.example"]
        for pin, verdict in ((by_name, "affirming"), (["--peer-instance", instance], "refused")):
            with self.subTest(verdict):
                server, address, own = self.relying_server(*pin)
                credence("connect", address, *tpm.options(), "--cert", certificate, "--attest", "--peer-ca", own,
                         input="x\n", expect=0 if verdict == "affirming" else 1)
                self.assertEqual(server.event("connection")["verdict"], verdict)

    def test_without_input_a_greeting_finds_out_whether_the_server_accepts(self):
        tpm, instance = self.endorsed(LibtpmsTpm, "client")
        for pin, status in ((instance, 0), (instance[:-2] + ("00" if instance[-2:] != "00" else "01"), 1)):
            with self.subTest(pin):
                server, address, certificate = self.relying_server("--peer-instance", pin)
                done = credence("connect", address, *tpm.options(), "--attest", "--peer-ca", certificate,
                                stdin=subprocess.DEVNULL, expect=status)
                self.assertEqual(server.event("connection")["verdict"], "refused" if status else "affirming")
                if status == 0:
                    self.assertEqual(facts(done)["reply"], "hello\n")

    def test_input_that_does_not_end_holds_up_neither_refusal_nor_deadline(self):
        tpm, instance = self.endorsed(LibtpmsTpm, "client")
        other = instance[:-2] + ("00" if instance[-2:] != "00" else "01")
        for pin, status, part in ((instance, 3, "standard input did not end"), (other, 1, "")):
            with self.subTest(pin):
                server, address, certificate = self.relying_server("--peer-instance", pin)
                client = subprocess.Popen([CREDENCE, "connect", address, *map(str, tpm.options()), "--attest",
                                           "--peer-ca", certificate, "--timeout", "5"], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.assertEqual(client.wait(timeout=60), status)  # its standard input is still open
                self.assertIn(part, client.stderr.read())
                for pipe in (client.stdin, client.stdout, client.stderr):
                    pipe.close()
                self.assertEqual(server.event("connection")["verdict"], "refused" if status == 1 else "affirming")

    def test_a_pcr_extended_after_endorsement_is_refused_by_name(self):
        tpm, instance = self.endorsed(SwtpmTpm, "client")
        server, address, certificate = self.relying_server("--peer-instance", instance)
        connect = ["connect", address, *tpm.options(), "--attest", "--peer-ca", certificate]
        credence(*connect, input="x\n")
        self.assertEqual(server.event("connection")["verdict"], "affirming")
        subprocess.run(["tpm2_pcrextend", "-T", tpm.tcti, f"1:sha256={'5a' * 32}"], check=True)
        credence(*connect, input="x\n", expect=1)
        refused = server.event("connection")
        self.assertEqual(refused["verdict"], "refused")
        self.assertIn("PCR 1", refused["reason"])

    def test_a_client_without_evidence_is_refused(self):
        server, address, certificate = self.relying_server("--any-of-class")
        stock = subprocess.run(["openssl", "s_client", "-connect", address, "-CAfile", certificate, "-cert", certificate,
                                "-key", self.folder / "server.key", "-ign_eof"], input=b"x\n", capture_output=True)
        self.assertIn(b"alert", stock.stderr)
        refused = server.event("connection")
        self.assertEqual((refused["verdict"], refused["code"]), ("refused", "evidence_missing"))

    def test_a_verifier_that_is_gone_decides_nothing(self):
        tpm, instance = self.endorsed(LibtpmsTpm, "server")
        _, address = self.server(*tpm.options(), "--attest")
        connect = ["connect", address, "--require", *self.verifier.options(), "--peer-instance", instance]
        credence(*connect, input="x\n")
        self.verifier.stop()
        self.assertIn("unavailable", credence(*connect, input="x\n", expect=3).stderr)

    def test_results_of_another_verifier_are_refused(self):
        tpm, instance = self.endorsed(LibtpmsTpm, "server")
        _, address = self.server(*tpm.options(), "--attest")
        other = self.folder / "other.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", other],
                       check=True, capture_output=True)
        public = subprocess.run(["openssl", "pkey", "-in", other, "-pubout", "-out", f"{other}.pub"], check=True)
        self.assertEqual(public.returncode, 0)
        refused = credence("connect", address, "--require", "--verifier", self.verifier.url, "--verifier-key",
                           f"{other}.pub", "--peer-instance", instance, input="x\n", expect=1)
        self.assertIn("untrusted_verifier", refused.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
