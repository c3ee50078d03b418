"""Who may do what, as an operator sets it up: an access file, tenants, client certificates, the audit log, the sandbox."""
import base64
import hashlib
import http.client
import json
import pathlib
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from laboratory import CREDENCE, CLASS, LibtpmsTpm, Process, Verifier, credence, facts

PASSWORD = "correct horse"
BCRYPT = "$2b$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu"  # of PASSWORD
CORIM = "/endorsement-provisioning/v1/corim"
SUBMIT = "/endorsement-provisioning/v1/submit"
NEW_SESSION = "/challenge-response/v1/newSession"
DISCOVERY = "/.well-known/veraison/verification"


def access_file(folder: pathlib.Path) -> pathlib.Path:
    def token(name, role, tenant):
        digest = hashlib.sha256(name.encode()).hexdigest()
        return f'[[token]]\nname = "{name}"\nroles = ["{role}"]\ntenant = "{tenant}"\nsha256 = "{digest}"\n'

    file = folder / "access.toml"
    file.write_text('tenants = ["default", "acme"]\n' + token("ours", "provisioner", "default")
                    + token("theirs", "provisioner", "acme") + token("looker", "reader", "default")
                    + f'[[user]]\nname = "anna"\nroles = ["provisioner"]\nbcrypt = "{BCRYPT}"\n'
                    + '[[certificate]]\nname = "fleet"\nroles = ["provisioner"]\nsan = "URI:spiffe://example/fleet"\n')
    file.chmod(0o600)
    return file


def openssl(*arguments) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def certificate(folder: pathlib.Path, name: str, san: str, issuer=None) -> tuple:
    """Of `issuer`, or of itself: the files of certificate and key."""
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    by = ["-CA", issuer[0], "-CAkey", issuer[1], "-addext", "basicConstraints=CA:FALSE"] if issuer else []
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
            f"/CN={name}", "-addext", f"subjectAltName={san}", "-keyout", key, "-out", cert, *by)
    return cert, key


def signed(folder: pathlib.Path, signer: tuple) -> bytes:
    """The endorsement in the folder, signed."""
    credence("sign", folder / "veraison.corim.cbor", "--cert", signer[0], "--key", signer[1], "-o", folder / signer[0].stem)
    return (folder / signer[0].stem / "veraison.corim.cbor").read_bytes()


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        tpm = LibtpmsTpm(cls.folder / "tpm")
        credence("endorse", *tpm.options(), "--pcrs", "sha256:0,1,2", "--class", CLASS, "-o", cls.folder)
        cls.unsigned = (cls.folder / "veraison.corim.cbor").read_bytes()
        endorser = certificate(cls.folder, "endorser", "DNS:endorser.example")
        cls.corim = signed(cls.folder, endorser)
        cls.server = certificate(cls.folder, "server", "IP:127.0.0.1")
        cls.clients = certificate(cls.folder, "clients", "DNS:ca.example")
        cls.audit = cls.folder / "audit.log"
        process = Process("verifier", "--listen", "127.0.0.1:0", "--store", f"sqlite:{cls.folder}/store.db",
                          "--signing-key", cls.folder / "key.pem", "--cert", cls.server[0], "--key", cls.server[1],
                          "--access", access_file(cls.folder), "--client-ca", cls.clients[0], "--audit-log", cls.audit,
                          "--corim-anchor", endorser[0])
        cls.addClassCleanup(process.stop)
        cls.process = process
        cls.url = process.event("listening")["url"]

    def call(self, method, path, authorization=None, body=None, client=None, headers=None):
        context = ssl.create_default_context(cafile=self.server[0])
        if client:
            context.load_cert_chain(*client)
        connection = http.client.HTTPSConnection(urllib.parse.urlsplit(self.url).netloc, timeout=30, context=context)
        headers = dict(headers or {})
        if authorization:
            headers["Authorization"] = authorization
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, response, content

    def submit(self, corim=None, kind="application/rim+cose", **caller):
        kind += '; profile="tag:github.com/parallaxsecond,2023-03-03:tpm"'
        return self.call("POST", SUBMIT, body=corim or self.corim, headers={"Content-Type": kind}, **caller)

    def stored(self, token: str) -> list:
        status, _, content = self.call("GET", CORIM, f"Bearer {token}")
        self.assertEqual(status, 200, content)
        return [corim["id"] for corim in json.loads(content)["corims"]]

    def test_every_method_lets_in_whom_it_knows(self):
        for caller in ({"authorization": "Bearer ours"}, {"authorization": basic("anna", PASSWORD)},
                       {"client": certificate(self.folder, "fleet", "URI:spiffe://example/fleet", self.clients)}):
            status, _, content = self.submit(**caller)
            self.assertEqual(status, 200, content)
            self.assertEqual(json.loads(content)["status"], "success")

    def test_a_provisioner_is_a_messenger_and_no_endorser(self):
        """Whoever has a token of the right role may submit what an endorser signed, and that only."""
        stranger = signed(self.folder, certificate(self.folder, "stranger", "DNS:endorser.example"))
        for corim, kind, why in ((self.unsigned, "application/rim+cbor", "expected a signed CoRIM, got an unsigned one"),
                                 (stranger, "application/rim+cose", "expected a chain to one of the given anchors")):
            status, _, content = self.submit(corim, kind, authorization="Bearer theirs")
            answer = json.loads(content)
            self.assertEqual((status, answer["status"]), (200, "failed"))
            self.assertTrue(answer["failure-reason"].startswith("untrusted_chain"), answer)
            self.assertIn(why, answer["failure-reason"])
        self.assertEqual(json.loads(self.submit(authorization="Bearer ours")[2])["status"], "success")

    def test_nobody_else_is_let_in(self):
        stranger = certificate(self.folder, "stranger", "URI:spiffe://example/stranger", self.clients)
        for caller in ({}, {"authorization": "Bearer wrong"}, {"authorization": basic("anna", "wrong")},
                       {"client": stranger}):
            status, response, content = self.submit(**caller)
            self.assertEqual(status, 401, content)
            challenges = response.headers.get_all("WWW-Authenticate")
            self.assertEqual([challenge.split()[0] for challenge in challenges], ["Bearer", "Basic"])
        self.assertEqual(self.submit(authorization="Bearer looker")[0], 403)

    def test_a_certificate_of_another_authority_ends_the_handshake(self):
        other = certificate(self.folder, "other", "URI:spiffe://example/fleet")
        with self.assertRaises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            self.call("GET", DISCOVERY, client=other)

    def test_verification_is_open(self):
        self.assertEqual(self.call("POST", NEW_SESSION)[0], 201)
        self.assertEqual(self.call("POST", NEW_SESSION, "Bearer wrong")[0], 401)

    def test_tenants_are_apart(self):
        self.submit(authorization="Bearer ours")
        mine = self.stored("ours")
        self.assertEqual(self.stored("theirs"), [])
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/deactivate"), ("POST", "/activate")):
            self.assertEqual(self.call(method, f"{CORIM}/{mine[0]}{path}", "Bearer theirs")[0], 404)
        self.assertEqual(self.stored("ours"), mine)
        session = self.call("POST", NEW_SESSION)[1].headers["Location"]
        path = "/challenge-response/v1/" + session
        self.assertEqual(self.call("GET", path)[0], 200)
        # Gone, or not even an id that this tenant could have made: nothing is learnt, nothing is used.
        self.assertIn(self.call("GET", path, "Bearer theirs")[0], (400, 404))
        self.assertIn(self.call("DELETE", path, "Bearer theirs")[0], (400, 404))
        self.assertEqual(self.call("GET", path)[0], 200)
        keys = {self.call("GET", DISCOVERY, caller)[2] for caller in (None, "Bearer theirs")}
        self.assertEqual(len(keys), 2, "one signing key for two tenants")

    def test_the_audit_log_says_who_did_what_and_shows_tampering(self):
        self.submit(authorization="Bearer ours")
        self.submit(authorization="Bearer wrong")
        lines = [json.loads(line) for line in self.audit.read_text().splitlines()]
        self.assertEqual(lines[0]["action"], "start")
        begun = [line for line in lines if line["outcome"] == "begun" and line.get("principal") == "ours"]
        self.assertIn("sha256:" + hashlib.sha256(self.corim).hexdigest(), begun[0]["object"])
        self.assertTrue(any(line["outcome"] == "refused" and line["status"] == 401 for line in lines))
        self.submit(authorization="Bearer ours", corim=b"x")
        begun, refused = [json.loads(line) for line in self.audit.read_text().splitlines()][-2:]
        self.assertEqual((begun["outcome"], refused["outcome"], refused["status"]), ("begun", "refused", 200))
        self.assertEqual(refused["principal"], "ours")
        self.assertTrue(refused["reason"])
        self.assertNotIn(PASSWORD, self.audit.read_text())
        # A copy, the head first: the verifier still writes the original.
        copy, head = self.folder / "copy.log", self.folder / "copy.log.head"
        head.write_bytes(pathlib.Path(f"{self.audit}.head").read_bytes())
        whole = self.audit.read_text()
        copy.write_text(whole)
        shown = facts(credence("verifier", "audit", copy))
        self.assertEqual(shown["lines"], len(whole.splitlines()))
        self.assertIn(shown["end"], ("named", "behind"))
        copy.write_text(whole.replace('"ours"', '"them"', 1))
        self.assertIn("altered", credence("verifier", "audit", copy, expect=1).stderr)
        for rest in (whole.splitlines(keepends=True)[0], ""):
            copy.write_text(rest)
            self.assertIn("missing", credence("verifier", "audit", copy, expect=1).stderr)
        # Without a head nobody knows: that is no success.
        copy.write_text(whole.splitlines(keepends=True)[0])
        head.unlink()
        self.assertEqual(facts(credence("verifier", "audit", copy, expect=3))["end"], "unknown")
        text = subprocess.run([CREDENCE, "verifier", "audit", copy], capture_output=True, text=True, timeout=60)
        self.assertEqual(text.returncode, 3)
        self.assertIn("the chain is whole from line 1 to 1", text.stdout)
        self.assertIn(f"nothing says whether lines after 1 were removed, or that one altered: no head in {head}", text.stdout)

    def test_the_audit_log_says_how_a_submission_ended_that_was_answered_before(self):
        kind = 'application/rim+cose; profile="tag:github.com/parallaxsecond,2023-03-03:tpm"'

        def later(corim):
            seen = len(self.audit.read_text().splitlines())
            status, response, content = self.call("POST", SUBMIT, "Bearer ours", corim,
                                                  headers={"Content-Type": kind, "Prefer": "respond-async"})
            self.assertEqual(status, 201, content)
            session = response.headers["Location"]
            deadline = time.monotonic() + 30
            while (answer := json.loads(self.call("GET", session, "Bearer ours")[2]))["status"] == "processing":
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
            lines = [json.loads(line) for line in self.audit.read_text().splitlines()][seen:]
            for line in lines:
                self.assertEqual((line["principal"], line["tenant"], line["object"]),
                                 ("ours", "default", "sha256:" + hashlib.sha256(corim).hexdigest()))
            taken = [line["outcome"] for line in lines if line["action"] == "submit_corim"]
            self.assertEqual(taken, ["begun", "done"])
            return answer, [line for line in lines if line["action"] == "finish_submission"]

        answer, (begun, done) = later(self.corim)
        self.assertEqual((answer["status"], begun["outcome"], done["outcome"]), ("success", "begun", "done"))
        self.assertNotIn("reason", done)
        answer, (begun, refused) = later(b"x")
        self.assertEqual((answer["status"], begun["outcome"], refused["outcome"]), ("failed", "begun", "refused"))
        self.assertEqual(refused["reason"], answer["failure-reason"])

    def test_a_refusal_is_durable_although_nothing_follows(self):
        self.assertEqual(self.submit(authorization="Bearer wrong")[0], 401)
        last = json.loads(self.audit.read_text().splitlines()[-1])
        self.assertEqual(last["outcome"], "refused")
        head = pathlib.Path(f"{self.audit}.head")
        deadline = time.monotonic() + 30
        while int(head.read_text().split()[0]) < last["seq"] and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(int(head.read_text().split()[0]), last["seq"])

    def test_a_verifier_does_not_start_on_a_log_that_was_cut(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        log = folder / "audit.log"
        command = [CREDENCE, "verifier", "--listen", "127.0.0.1:0", "--store", "memory:", "--insecure-http",
                   "--signing-key", folder / "key.pem", "--audit-log", log]

        def start():
            with Process(*command[1:]) as process:
                process.event("listening")

        start()
        start()
        whole = log.read_text()
        log.write_text(whole.splitlines(keepends=True)[0])
        refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertIn("lines are missing at the end", refused.stderr)
        self.assertIn(f"move {log} and {log}.head away", refused.stderr)
        log.write_text(whole)
        start()
        self.assertEqual(facts(credence("verifier", "audit", log))["lines"], 3)

    def test_the_process_is_confined(self):
        status = pathlib.Path(f"/proc/{self.process.process.pid}/status").read_text()
        limits = pathlib.Path(f"/proc/{self.process.process.pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        self.assertEqual(core.split()[4:6], ["0", "0"])
        if b"__asan_init" in pathlib.Path(CREDENCE).read_bytes():
            self.skipTest("a build with sanitizers runs without the system call filter")
        self.assertIn("Seccomp:\t2", status)
        self.assertIn("NoNewPrivs:\t1", status)


class Closed(unittest.TestCase):
    """Appraisals, too, need a credential."""

    def test_a_relying_party_shows_its_token(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            access = folder / "access.toml"
            tokens = {}
            text = "anonymous = []\n"
            for role in ("relying-party", "provisioner"):
                tokens[role] = folder / role
                tokens[role].write_text(role + "-secret\n")
                tokens[role].chmod(0o600)
                digest = hashlib.sha256(f"{role}-secret".encode()).hexdigest()
                text += f'[[token]]\nname = "{role}"\nroles = ["{role}"]\nsha256 = "{digest}"\n'
            access.write_text(text)
            access.chmod(0o600)
            tpm = LibtpmsTpm(folder / "tpm")
            kid = facts(credence("endorse", *tpm.options(), "--pcrs", "sha256:0,1,2", "--class", CLASS, "-o", folder))
            verifier = Verifier(folder, "--access", access)
            server = Process("serve", "--listen", "127.0.0.1:0", "--attest", *tpm.options())
            with verifier, server:
                credence("provision", folder / "veraison.corim.cbor", folder / "keys.corim.cbor", "--to", verifier.url,
                         "--token", tokens["provisioner"])
                connect = ["connect", server.event("listening")["address"], "--require", *verifier.options(),
                           "--peer-instance", kid["instance"]]
                for edge in ([], ["--edge"]):
                    with self.subTest(edge=edge):
                        shown = credence(*connect, *edge, "--verifier-token", tokens["relying-party"], input="x\n")
                        self.assertEqual(facts(shown)["verdict"], "affirming")
                        refused = credence(*connect, *edge, input="x\n", expect=1)
                        self.assertIn("unauthorized", refused.stdout + refused.stderr)


class Refusals(unittest.TestCase):
    def test_files_that_others_can_read_are_refused(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            file = access_file(folder)
            file.chmod(0o644)
            done = credence("verifier", "--listen", "127.0.0.1:0", "--store", "memory:", "--signing-key",
                            folder / "key.pem", "--insecure-http", "--access", file, expect=2)
            self.assertIn("chmod 600", done.stderr)


if __name__ == "__main__":
    unittest.main()
