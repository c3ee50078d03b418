"""Real processes for the end-to-end tests: TPMs, verifier, server and client, all on loopback, ended by their pid."""
import base64
import http.client
import http.server
import json
import os
import pathlib
import select
import socket
import subprocess
import threading
import time
import urllib.parse

CREDENCE = os.environ["CREDENCE_BINARY"]
CLASS = "d10e4bd6-7e02-4d2c-bf1a-69ae22680478"
PATIENCE = 60  # seconds; sanitizers and two busy cores make everything slow


def free_port_pair() -> int:
    """A free port whose successor is free too: tpm2-tss expects swtpm's control channel there."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
                return port
            except (OSError, OverflowError):
                continue


def credence(*arguments, expect: int = 0, **options) -> subprocess.CompletedProcess:
    """Runs the command with --json and checks its exit status."""
    done = subprocess.run([CREDENCE, "--json", *map(str, arguments)], capture_output=True, text=True,
                          timeout=PATIENCE, **options)
    if done.returncode != expect:
        raise AssertionError(f"credence {' '.join(map(str, arguments))}\nexpected exit status {expect}, got "
                             f"{done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def facts(done: subprocess.CompletedProcess) -> dict:
    return json.loads(done.stdout.strip().splitlines()[-1])


class Process:
    """A long-running credence process whose standard output is JSON lines."""

    def __init__(self, *arguments, **options):
        self.process = subprocess.Popen([CREDENCE, "--json", *map(str, arguments)], text=True,
                                        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options)

    def event(self, name: str) -> dict:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.process.stdout], [], [], 1)
            if not ready:
                continue
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"the process ended: {self.process.stderr.read()}")
            event = json.loads(line)
            if event.get("event") == name:
                return event
        raise AssertionError(f"no event {name} within {PATIENCE} s")

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()
        if self.process.stderr:
            self.process.stderr.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Recorder:
    """An HTTP proxy before a verifier that keeps the last evidence, with its media type and the nonce it is for."""

    def __init__(self, verifier_url: str):
        recorder = self
        upstream = urllib.parse.urlsplit(verifier_url).netloc

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                if "nonce" in query:
                    nonce = query["nonce"][0]
                    recorder.nonce = base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
                elif body:
                    recorder.media_type, recorder.evidence = self.headers["Content-Type"], body
                connection = http.client.HTTPConnection(upstream, timeout=PATIENCE)
                headers = {name: self.headers[name] for name in ("Accept", "Content-Type") if name in self.headers}
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                self.send_response(answer.status)
                for name in ("Content-Type", "Location"):
                    if answer.getheader(name):
                        self.send_header(name, answer.getheader(name))
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_DELETE = forward

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def self_signed(folder: pathlib.Path, name: str) -> tuple:
    """Certificate and key for localhost."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "1", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return certificate, key


def issued(folder: pathlib.Path, name: str, spki: str) -> tuple:
    """The certificate of a CA, and one that it issued to `name` for a key (its SubjectPublicKeyInfo in hexadecimal)."""
    authority, key = self_signed(folder, "authority")
    public, extensions, certificate = folder / f"{name}.der", folder / f"{name}.extensions", folder / f"{name}.pem"
    public.write_bytes(bytes.fromhex(spki))
    extensions.write_text(f"subjectAltName=DNS:{name}\n")
    subprocess.run(["openssl", "x509", "-new", "-force_pubkey", public, "-subj", f"/CN={name}", "-CA", authority,
                    "-CAkey", key, "-extfile", extensions, "-days", "1", "-out", certificate],
                   check=True, capture_output=True)
    return authority, certificate


class LibtpmsTpm:
    """A TPM inside the process that uses it, with its state in a file."""

    def __init__(self, folder: pathlib.Path):
        folder.mkdir(parents=True)
        self.state = folder / "keys"
        self.tcti = f"libtpms:{folder / 'tpm.state'}"

    def options(self) -> list:
        return ["--tcti", self.tcti, "--state", self.state]

    def stop(self):
        pass


class SwtpmTpm:
    """A TPM in a process of its own."""

    def __init__(self, folder: pathlib.Path):
        folder.mkdir(parents=True)
        self.state = folder / "keys"
        self.port = free_port_pair()
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}", "--flags", "not-need-init,startup-clear",
             "--server", f"type=tcp,port={self.port},bindaddr=127.0.0.1", "--ctrl",
             f"type=tcp,port={self.port + 1},bindaddr=127.0.0.1"])
        self.tcti = f"swtpm:host=127.0.0.1,port={self.port}"
        self.wait_until_it_listens()

    def wait_until_it_listens(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.listens_on(self.port + 1) and self.listens_on(self.port):
                return
            time.sleep(0.02)
        raise AssertionError("swtpm does not listen")

    @staticmethod
    def listens_on(port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def options(self) -> list:
        return ["--tcti", self.tcti, "--state", self.state]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)


def open_to(options) -> list:
    """What lets tests provision: their own credentials, or none; CoRIMs of their own signers, or nobody's."""
    given = set(map(str, options))
    callers = [] if {"--provisioning-token", "--access"} & given else ["--insecure-local-callers"]
    signers = [] if {"--corim-anchor", "--insecure-unsigned-corims"} & given else ["--insecure-unsigned-corims"]
    return callers + signers


class Verifier(Process):
    def __init__(self, folder: pathlib.Path, *more, **options):
        self.key = folder / "verifier.pem"
        super().__init__("verifier", "--listen", "127.0.0.1:0", "--store", f"sqlite:{folder / 'store.db'}",
                         "--signing-key", self.key, "--insecure-http", *open_to(more), *more, **options)
        self.url = self.event("listening")["url"]

    def options(self) -> list:
        return ["--verifier", self.url, "--verifier-key", f"{self.key}.pub"]


def endorse(tpm, verifier: Verifier, folder: pathlib.Path) -> dict:
    """Endorses the TPM, provisions the verifier, and gives what endorse printed."""
    done = credence("endorse", *tpm.options(), "--pcrs", "sha256:0,1,2", "--class", CLASS, "-o", folder)
    credence("provision", folder / "veraison.corim.cbor", folder / "keys.corim.cbor", "--to", verifier.url)
    return facts(done)


def record(verifier: Verifier, folder: pathlib.Path) -> tuple:
    """Endorses a TPM in `folder` and makes one attested connection: its evidence, and the binder that it is for."""
    tpm = LibtpmsTpm(folder / "tpm")
    kid = endorse(tpm, verifier, folder)["instance"]
    recorder = Recorder(verifier.url)
    try:
        with Process("serve", "--listen", "127.0.0.1:0", "--attest", *tpm.options()) as server:
            credence("connect", server.event("listening")["address"], "--require", "--verifier", recorder.url,
                     "--verifier-key", f"{verifier.key}.pub", "--peer-instance", kid, input="")
    finally:
        recorder.stop()
    return recorder.evidence, recorder.nonce
