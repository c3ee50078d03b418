"""The verifier behind its filter of system calls: everything that it does, SQLite and PostgreSQL, an Open Policy Agent, an
access file with a key set that is fetched, an audit log that is rotated, a reload, TLS. A build with sanitizers has no
filter (docs/decisions/sandbox.md): these tests want the program that is installed. What the program's file
says of libcurl is read in any build."""
import base64
import contextlib
import hashlib
import http.client
import http.server
import json
import mmap
import pathlib
import signal
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

import postgres
from laboratory import CLASS, CREDENCE, PATIENCE, LibtpmsTpm, Process, credence, facts, self_signed

SESSION = "application/vnd.veraison.challenge-response-session+json"
OPA_RULES, LUA_RULES = "application/vnd.veraison.policy.opa", "application/vnd.credence.policy.lua"
POLICY = "/management/v1/policy/PARSEC_TPM"
CLAIMS = ("instance-identity", "configuration", "executables", "file-system", "hardware", "runtime-opaque",
          "storage-opaque", "sourced-data")


def text_of(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


class Server:
    """HTTP on loopback; `answer` makes status and JSON of method, path and body."""

    def __init__(self, answer, certificate: tuple = ()):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, value = answer(self.command, self.path, body)
                content = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class PolicyAgent:
    """What the verifier asks of an Open Policy Agent, with the one policy that the modules are taken for: a warning."""

    def __init__(self):
        self.modules = {}
        self.asked = 0
        self.server = Server(self.answer)
        self.url = f"http://127.0.0.1:{self.server.port}"

    def answer(self, method: str, path: str, body: bytes) -> tuple:
        if path.startswith("/v1/policies/"):
            if method == "PUT":
                self.modules[path] = body.decode()
            else:
                self.modules.pop(path, None)
            return 200, {}
        self.asked += 1
        if not self.modules:
            return 200, {}
        vector = {claim: 0 for claim in CLAIMS} | {"executables": 32}
        return 200, {"result": {"status": 0, "trust-vector": vector, "added-claims": {}}}


class Provider:
    """An identity provider: its key set over TLS, and JWTs under its key (made by openssl)."""

    def __init__(self, folder: pathlib.Path):
        self.certificate, self.key = self_signed(folder, "provider")
        public = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], check=True,
                                capture_output=True).stdout
        jwk = {"kty": "EC", "crv": "P-256", "kid": "one", "alg": "ES256", "x": text_of(public[-64:-32]),
               "y": text_of(public[-32:])}
        self.read = 0
        self.server = Server(lambda *_: (self.count(), {"keys": [jwk]}), (self.certificate, self.key))
        self.url = f"https://localhost:{self.server.port}"

    def count(self) -> int:
        self.read += 1
        return 200

    def token(self, role: str) -> str:
        claims = {"iss": self.url, "aud": "credence", "sub": "anna", "exp": int(time.time()) + 600, "roles": [role]}
        signed = ".".join(text_of(json.dumps(part).encode()) for part in ({"alg": "ES256", "kid": "one"}, claims))
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(), check=True,
                             capture_output=True).stdout
        numbers, at = b"", 2
        for _ in range(2):  # DER: two INTEGERs
            size = der[at + 1]
            numbers += der[at + 2:at + 2 + size].lstrip(b"\0").rjust(32, b"\0")
            at += 2 + size
        return f"{signed}.{text_of(numbers)}"


class Elf:
    """What a program's file says of libraries, in 64 bits and the byte order of this machine."""
    DYNAMIC, NOTE, ALLOCATED, NEEDED = 6, 7, 2, 1  # SHT_DYNAMIC, SHT_NOTE, SHF_ALLOC, DT_NEEDED

    def __init__(self, file: str):
        with open(file, "rb") as program:
            self.octets = mmap.mmap(program.fileno(), 0, access=mmap.ACCESS_READ)
        if self.octets[:5] != b"\x7fELF\x02":
            raise ValueError(f"{file}: expected an ELF file of 64 bits")
        (table,), (size, number, names) = self.read("=Q", 0x28), self.read("=3H", 0x3a)
        self.sections = [self.read("=IIQQQQIIQQ", table + at * size) for at in range(number)]
        self.names = self.sections[names][4]

    def read(self, form: str, at: int) -> tuple:
        return struct.unpack_from(form, self.octets, at)

    def text(self, at: int) -> str:
        return self.octets[at:self.octets.find(b"\0", at)].decode()

    def dlopen_notes(self) -> list:
        """(owner, type, text) of each note about libraries that are loaded. `strip` leaves what is allocated alone."""
        found = []
        for name, kind, flags, _, at, size, *_ in self.sections:
            if kind == self.NOTE and flags & self.ALLOCATED and self.text(self.names + name) == ".note.dlopen":
                end = at + size
                while at < end:
                    owner, text, number = self.read("=3I", at)
                    text_at = at + 12 + (owner + 3) // 4 * 4
                    found.append((self.octets[at + 12:at + 12 + owner], number, self.octets[text_at:text_at + text]))
                    at = text_at + (text + 3) // 4 * 4
        return found

    def needed(self) -> list:
        """The libraries that it is linked with."""
        [(at, size, strings)] = [section[4:7] for section in self.sections if section[1] == self.DYNAMIC]
        entries = [self.read("=2Q", at + offset) for offset in range(0, size, 16)]
        return [self.text(self.sections[strings][4] + value) for tag, value in entries if tag == self.NEEDED]


class Program(unittest.TestCase):
    def test_names_libcurl_for_who_makes_packages_and_is_not_linked_with_it(self):
        program = Elf(CREDENCE)
        notes = program.dlopen_notes()
        self.assertEqual([(owner, hex(number)) for owner, number, _ in notes], [(b"FDO\0", "0x407c0c0a")])
        [feature] = json.loads(notes[0][2].removesuffix(b"\0"))
        self.assertEqual((feature["soname"], feature["priority"]), (["libcurl.so.4"], "recommended"))
        needed = program.needed()
        self.assertIn("libc.so.6", needed)
        self.assertEqual([library for library in needed if "curl" in library], [])


def has_sanitizers() -> bool:
    program = pathlib.Path(CREDENCE).read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


@unittest.skipIf(has_sanitizers(), "a build with sanitizers runs without the system call filter: ./dev bench and ./dev soak "
                                   "run this with one that has it")
class Confined(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.agent, self.provider = PolicyAgent(), Provider(self.folder)
        self.addCleanup(self.agent.server.stop)
        self.addCleanup(self.provider.server.stop)
        self.certificate, self.key = self_signed(self.folder, "verifier")
        self.endorser = self_signed(self.folder, "endorser")
        self.file, self.audit, self.log = (self.folder / name for name in ("verifier.toml", "audit.log", "log"))
        self.access("manager")

    def access(self, *roles, oidc: bool = True):
        """The access file lets these tokens in, and whoever the provider vouches for."""
        text = ""
        for role in ("provisioner", "auditor", *roles):
            digest = hashlib.sha256(f"{role}-secret".encode()).hexdigest()
            text += f'[[token]]\nname = "{role}"\nroles = ["{role}"]\nsha256 = "{digest}"\n'
        if oidc:
            text += (f'[oidc]\nissuer = "{self.provider.url}"\naudience = "credence"\njwks = "{self.provider.url}/certs"\n'
                     f'ca = "{self.provider.certificate}"\n')
        self.private(self.folder / "access.toml", text)

    def private(self, file: pathlib.Path, text: str):
        file.write_text(text)
        file.chmod(0o600)

    def start(self, store: str, opa: bool = True):
        self.private(self.file, f"""listen = "127.0.0.1:0"
store = "{store}"
signing-key = "{self.folder / 'ear.key'}"
cert = "{self.certificate}"
key = "{self.key}"
access = "{self.folder / 'access.toml'}"
audit-log = "{self.audit}"
corim-anchor = ["{self.endorser[0]}"]
{f'opa = "{self.agent.url}"' if opa else ""}
log-format = "json"
""")
        with self.log.open("w") as log:
            self.process = subprocess.Popen([CREDENCE, "--json", "verifier", "--config", str(self.file)], text=True,
                                            stdout=subprocess.PIPE, stderr=log)
        self.addCleanup(lambda: (self.process.poll() is None and self.process.kill(), self.process.wait(),
                                 self.process.stdout.close()))
        line = self.process.stdout.readline()
        self.assertTrue(line, self.log.read_text())
        self.url = json.loads(line)["url"]

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "", token: str = "") -> tuple:
        context = ssl.create_default_context(cafile=self.certificate)
        headers = {"Accept": "*/*", **({"Content-Type": kind} if kind else {}),
                   **({"Authorization": f"Bearer {token}"} if token else {})}
        connection = http.client.HTTPSConnection(urllib.parse.urlsplit(self.url).netloc, timeout=PATIENCE, context=context)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheader("Location")

    def expect(self, status: int, *request, **options):
        got, content, location = self.ask(*request, **options)
        self.assertEqual(got, status, (request[:2], content, self.log.read_text()[-2000:]))
        return json.loads(content) if content else location

    def eventually(self, what: str, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertIsNone(self.process.poll(), self.ended())
            self.assertLess(time.monotonic(), deadline, f"not within {PATIENCE} s: {what}\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def ended(self) -> str:
        status = self.process.poll()
        how = "a system call that ends the process" if status == -signal.SIGSYS else f"status {status}"
        return f"the verifier ended: {how}\n{self.log.read_text()[-2000:]}"

    def endorse(self):
        """An endorsed machine: its TPM, and how it is named."""
        tpm = LibtpmsTpm(self.folder / "tpm")
        made = facts(credence("endorse", *tpm.options(), "--pcrs", "sha256:0,1,2", "--class", CLASS, "-o", self.folder))
        token, corims = self.folder / "provisioner", ("veraison.corim.cbor", "keys.corim.cbor")
        self.private(token, "provisioner-secret\n")
        credence("sign", *(self.folder / corim for corim in corims), "--cert", self.endorser[0], "--key", self.endorser[1],
                 "-o", self.folder / "signed")
        credence("provision", *(self.folder / "signed" / corim for corim in corims), "--to", self.url, "--ca",
                 self.certificate, "--token", token)
        return tpm, made["instance"]

    def verdict(self, tpm: LibtpmsTpm, instance: str, expect: int):
        with Process("serve", "--listen", "127.0.0.1:0", "--attest", *tpm.options()) as server:
            return credence("connect", server.event("listening")["address"], "--require", "--verifier", self.url,
                            "--verifier-ca", self.certificate, "--verifier-key", self.folder / "ear.key.pub",
                            "--peer-instance", instance, input="x\n", expect=expect)

    def check_confinement(self):
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():  # the filter is a thread's
            status = (task / "status").read_text()
            self.assertIn("Seccomp:\t2", status, task.name)
            self.assertIn("NoNewPrivs:\t1", status, task.name)

    def check_policies(self, tpm: LibtpmsTpm, instance: str):
        self.assertEqual(facts(self.verdict(tpm, instance, 0))["verdict"], "affirming")
        made = self.expect(201, "POST", POLICY, b"package policy\nexecutables = UNSAFE_RT\n", OPA_RULES, "manager-secret")
        self.assertEqual(len(self.agent.modules), 2)
        self.expect(200, "POST", f"{POLICY}/{made['uuid']}/activate", token="manager-secret")
        refused = self.verdict(tpm, instance, 1)
        self.assertIn("not_affirming", refused.stdout + refused.stderr)
        self.assertGreater(self.agent.asked, 0)
        # In Lua, by somebody whom the identity provider vouches for.
        bad = self.provider.token("manager")[:-8] + "AAAAAAAA"
        self.expect(401, "POST", POLICY, b"-- nothing\n", LUA_RULES, bad)
        made = self.expect(201, "POST", POLICY, b"-- nothing\n", LUA_RULES, self.provider.token("manager"))
        self.expect(200, "POST", f"{POLICY}/{made['uuid']}/activate", token=self.provider.token("manager"))
        self.assertEqual(facts(self.verdict(tpm, instance, 0))["verdict"], "affirming")
        self.assertGreater(self.provider.read, 0)

    def check_reload(self):
        self.access("manager", "reader")
        self.expect(401, "GET", "/endorsement-provisioning/v1/corim", token="reader-secret")
        self_signed(self.folder, "verifier")
        self.process.send_signal(signal.SIGHUP)
        self.eventually("the new token is known", self.has_reloaded)
        self.assertEqual(len(self.expect(200, "GET", "/endorsement-provisioning/v1/corim", token="reader-secret")["corims"]), 2)

    def has_reloaded(self) -> bool:
        try:
            return self.ask("GET", "/endorsement-provisioning/v1/corim", token="reader-secret")[0] == 200
        except ssl.SSLError:  # still the old certificate
            return False

    def check_revocation_and_rotation(self, tpm: LibtpmsTpm, instance: str):
        body = json.dumps({"kind": "instance", "value": instance, "reason": "stolen"}).encode()
        path = "/endorsement-provisioning/v1/revocations"
        made = self.expect(201, "POST", path, body, "application/json", "provisioner-secret")
        self.assertIn("stolen", self.verdict(tpm, instance, 1).stderr)
        rotated = self.folder / "audit.log.1"
        self.audit.rename(rotated)
        self.assertEqual(self.ask("DELETE", f"{path}/{made['id']}", token="provisioner-secret")[0], 204)
        self.assertTrue(self.audit.exists())
        self.assertEqual(facts(self.verdict(tpm, instance, 0))["verdict"], "affirming")
        return [rotated, self.audit]

    def libraries(self) -> set:
        """By their file names. None where this user may not look: the verifier forbids it to all without CAP_SYS_PTRACE."""
        try:
            maps = pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()
        except PermissionError:
            return set()
        return {line.rpartition("/")[2].partition(".so")[0] for line in maps.splitlines() if ".so" in line}

    def test_loads_libcurl_behind_the_filter_when_a_reload_names_somebody_to_ask(self):
        self.access("manager", oidc=False)
        self.start(f"sqlite:{self.folder / 'store.db'}", opa=False)
        self.check_confinement()
        self.expect(401, "POST", POLICY, b"-- nothing\n", LUA_RULES, self.provider.token("manager"))
        before = self.libraries()
        self.assertNotIn("libcurl", before)
        self.access("manager", "reader")
        self.process.send_signal(signal.SIGHUP)
        self.eventually("the new token is known", self.has_reloaded)
        self.expect(201, "POST", POLICY, b"-- nothing\n", LUA_RULES, self.provider.token("manager"))
        if before:
            self.assertIn("libcurl", self.libraries())

    def run_everything(self, store: str):
        self.start(store)
        self.check_confinement()
        self.check_policies(*(machine := self.endorse()))
        self.check_reload()
        files = self.check_revocation_and_rotation(*machine)
        self.assertEqual(self.ask("GET", "/readyz")[0], 200)
        self.assertIn(b"credence_store_generation", self.ask("GET", "/metrics")[1])
        self.check_confinement()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(timeout=PATIENCE), 0, self.ended())
        self.assertGreater(facts(credence("verifier", "audit", *files))["lines"], 5)
        problems = [line for line in self.log.read_text().splitlines() if "not permitted" in line]
        self.assertEqual(problems, [])

    def test_does_everything_over_sqlite(self):
        self.run_everything(f"sqlite:{self.folder / 'store.db'}")

    @unittest.skipIf(postgres.programs() is None, "no PostgreSQL server is installed")
    def test_does_everything_over_postgresql(self):
        database = postgres.Postgres(self.folder / "postgres")
        self.addCleanup(database.stop)
        self.run_everything(database.database("confined"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
