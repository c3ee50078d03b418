"""Veraison's services on loopback, from programs that are on this machine already (docs/interop.md)."""
import base64
import http.client
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import time

PATIENCE = 30
PROGRAMS = ("vts-service", "provisioning-service", "verification-service")


def missing() -> str:
    """Why Veraison cannot run here, or nothing."""
    folder = os.environ.get("CREDENCE_VERAISON")
    if not folder:
        return "CREDENCE_VERAISON names no folder with Veraison's services (docs/interop.md)"
    absent = [name for name in PROGRAMS if not os.access(pathlib.Path(folder, name), os.X_OK)]
    return f"{folder} lacks {', '.join(absent)}" if absent else ""


def signing_key(curve: str = "P-256") -> dict:
    """A new key on P-256 or P-384 as a JWK."""
    # RFC 5915: the private key as an octet string behind the version, the uncompressed point at the end.
    name, size, at, algorithm = {"P-256": ("prime256v1", 32, 7, "ES256"), "P-384": ("secp384r1", 48, 8, "ES384")}[curve]
    der = subprocess.run(["openssl", "ecparam", "-genkey", "-noout", "-name", name, "-outform", "DER"],
                         check=True, capture_output=True).stdout
    parts = {"d": der[at:at + size], "x": der[-2 * size:-size], "y": der[-size:]}
    text = {name: base64.urlsafe_b64encode(octets).decode().rstrip("=") for name, octets in parts.items()}
    return {"kty": "EC", "crv": curve, "alg": algorithm, **text}


def free_ports(count: int) -> list:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Veraison:
    """Plain HTTP, SQLite in memory for endorsements, no policy, no authentication; stopped by stop()."""

    def __init__(self, folder: pathlib.Path, **options):
        self.folder = folder
        self.processes = []
        vts, self.provisioning, self.verification = free_ports(3)
        self.key = signing_key()
        (folder / "signer.jwk").write_text(json.dumps(self.key))
        with sqlite3.connect(folder / "policies.sql") as policies:
            policies.execute("CREATE TABLE kvstore (kv_key text NOT NULL, kv_val text NOT NULL)")
        config = {
            "vts": {"server-addr": f"127.0.0.1:{vts}", "listen-addr": f"127.0.0.1:{vts}", "tls": False},
            "store": {"dbms": "sqlite3", "dsn": "file::memory:?cache=shared"},
            "po-store": {"backend": "sql", "sql": {"driver": "sqlite3", "datasource": str(folder / "policies.sql")}},
            "po-agent": {"backend": "opa"},
            "plugin": {"backend": "builtin", "builtin": {}},
            "ear-signer": {"alg": "ES256", "key": str(folder / "signer.jwk")},
            "provisioning": {"listen-addr": f"127.0.0.1:{self.provisioning}", "protocol": "http"},
            "verification": {"listen-addr": f"127.0.0.1:{self.verification}", "protocol": "http"},
            "auth": {"backend": "none"},
            "logging": {"level": "error"},
        }
        (folder / "config.yaml").write_text(json.dumps(config))  # YAML reads JSON
        try:
            for program, port in zip(PROGRAMS, (vts, self.provisioning, self.verification)):
                self.start(program, port, options)
        except Exception:
            self.stop()
            raise

    def start(self, program: str, port: int, options: dict):
        log = self.folder / f"{program}.log"
        with log.open("wb") as output:
            process = subprocess.Popen([pathlib.Path(os.environ["CREDENCE_VERAISON"], program), "--config",
                                        self.folder / "config.yaml"], cwd=self.folder, stdout=output,
                                       stderr=subprocess.STDOUT, env={**os.environ, "GIN_MODE": "release"}, **options)
        self.processes.append(process)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError(f"{program} does not listen: {log.read_text()[-2000:]}")

    def post(self, port: int, path: str, body: bytes = b"", headers: dict = {}) -> tuple:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = json.loads(answer.read() or b"null")
        connection.close()
        return answer.status, content, answer.getheader("Location")

    def provision(self, corim: bytes, profile: str) -> dict:
        return self.post(self.provisioning, "/endorsement-provisioning/v1/submit", corim,
                         {"Content-Type": f'application/rim+cbor; profile="{profile}"'})[1]

    def appraise(self, nonce: bytes, media_type: str, evidence: bytes) -> dict:
        """The claims of the result; its signature is not checked here."""
        text = base64.urlsafe_b64encode(nonce).decode()
        _, _, location = self.post(self.verification, f"/challenge-response/v1/newSession?nonce={text}")
        _, session, _ = self.post(self.verification, f"/challenge-response/v1/{location}", evidence,
                                  {"Content-Type": media_type})
        payload = session["result"].split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=PATIENCE)
