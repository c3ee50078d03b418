"""A verifier over a store that survives it, and the ways in which either is killed."""
import contextlib
import http.client
import json
import pathlib
import re
import signal
import tempfile
import threading
import time
import unittest
import urllib.parse

import postgres
from laboratory import PATIENCE, Process


class Lost(Exception):
    """No answer, or one that promises nothing: what was asked may have been done or not."""


class Client:
    """One connection that is opened again when the verifier is another one."""

    def __init__(self):
        self.connection, self.url = None, None

    def ask(self, url: str, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple:
        """Status and body. Lost for a connection that broke and for 5xx."""
        try:
            if self.connection is None or self.url != url:
                self.close()
                self.url = url
                self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=PATIENCE)
            self.connection.request(method, path, body, {"Content-Type": kind} if kind else {})
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as broken:
            self.close()
            raise Lost(str(broken)) from broken
        if answer.status >= 500:
            raise Lost(f"{answer.status} {content!r}")
        return answer.status, content

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Deployment(Process):
    """One verifier; start() again after kill()."""

    def __init__(self, folder: pathlib.Path, store: str):
        self.folder, self.store = folder, store
        self.start()

    def start(self):
        super().__init__("verifier", "--listen", "127.0.0.1:0", "--store", self.store, "--signing-key",
                         self.folder / "verifier.pem", "--insecure-http", "--insecure-local-callers",
                         "--insecure-unsigned-corims")
        self.url = self.event("listening")["url"]
        self.reader = threading.Thread(target=self.process.stderr.read, daemon=True)  # a full pipe would block its log
        self.reader.start()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=PATIENCE)
        self.reader.join()
        self.stop()

    def wait_until_it_serves(self):
        """Until it is ready, and has noticed an outage that is over: a list comes from the database itself."""
        deadline = time.monotonic() + PATIENCE
        for path in ("/readyz", "/endorsement-provisioning/v1/corim"):
            while not self.answers(path):
                if time.monotonic() > deadline:
                    raise AssertionError(f"{path}: no answer with 200 within {PATIENCE} s")
                time.sleep(0.05)

    def answers(self, path: str) -> bool:
        with contextlib.suppress(Lost), Client() as client:
            return client.ask(self.url, "GET", path)[0] == 200
        return False


class OnSqlite(unittest.TestCase):
    """The base of tests that kill the verifier."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.verifier = Deployment(self.folder, self.make_store())
        self.addCleanup(lambda: self.verifier.stop())

    def make_store(self) -> str:
        return f"sqlite:{self.folder / 'store.db'}"

    def disasters(self) -> list:
        """Each kills something; what recover() returns from serves again."""
        return [self.verifier.kill] * 3

    def recover(self):
        if self.verifier.process.poll() is not None:
            self.verifier.start()
        self.verifier.wait_until_it_serves()

    def get(self, path: str):
        with Client() as client:
            status, content = client.ask(self.verifier.url, "GET", path)
        self.assertEqual(status, 200, content)
        return json.loads(content)


class OnPostgres(OnSqlite):
    """The same over PostgreSQL."""

    def make_store(self) -> str:
        if postgres.programs() is None:
            self.skipTest("no PostgreSQL server is installed")
        self.database = postgres.Postgres(self.folder / "postgres")
        self.addCleanup(self.database.stop)
        store = self.database.database("durable")
        self.assertEqual(self.database.query("durable", "SHOW fsync"), "on")
        return store


class OnKilledPostgres(OnPostgres):
    """The base of tests that kill PostgreSQL under a verifier that lives on."""

    def disasters(self) -> list:
        return [self.database.kill_backend, self.database.kill_postmaster, self.database.kill_backend]

    def recover(self):
        self.database.wait_until_it_serves()
        self.assertIsNone(self.verifier.process.poll(), "the verifier ended with its database")
        self.verifier.wait_until_it_serves()
        self.wait_until_it_follows()

    def wait_until_it_follows(self):
        """A change whose commit got no answer is news to the verifier too, which looks for news every second."""
        last = int(self.database.query("durable", "SELECT coalesce(max(sequence), 0) FROM credence_change"))
        deadline = time.monotonic() + PATIENCE
        while self.generation() < last:
            self.assertLess(time.monotonic(), deadline, f"the verifier does not see change {last} of its database")
            time.sleep(0.05)

    def generation(self) -> int:
        with Client() as client:
            _, metrics = client.ask(self.verifier.url, "GET", "/metrics")
        return int(re.search(r'^credence_store_generation{tenant="default"} (\d+)$', metrics.decode(), re.MULTILINE)[1])
