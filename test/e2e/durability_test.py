"""Nothing that was acknowledged is lost: the verifier is killed again and again while CoRIMs are submitted to it."""
import contextlib
import http.client
import json
import pathlib
import random
import signal
import tempfile
import threading
import time
import unittest
import urllib.parse

from laboratory import CLASS, LibtpmsTpm, Verifier, credence

SUBMISSIONS, KILLS, CLIENTS = 1000, 5, 4
TYPE = 'application/rim+cbor; profile="tag:github.com/parallaxsecond,2023-03-03:tpm"'
PATH = "/endorsement-provisioning/v1/"


def connection(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=20)


def stored(url: str) -> dict:
    """The CoRIMs that the verifier has, by the ids that they give themselves."""
    with contextlib.closing(connection(url)) as client:
        client.request("GET", PATH + "corim")
        return {corim["corim-id"]: corim["id"] for corim in json.loads(client.getresponse().read())["corims"]}


class Killed(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def variants(self):
        """CoRIMs that say the same under different ids."""
        tpm = LibtpmsTpm(self.folder / "tpm")
        credence("endorse", *tpm.options(), "--pcrs", "sha256:0,1,2", "--class", CLASS, "-o", self.folder)
        octets = (self.folder / "veraison.corim.cbor").read_bytes()
        with Verifier(self.folder) as verifier:
            credence("provision", self.folder / "veraison.corim.cbor", "--to", verifier.url)
            own_id = next(iter(stored(verifier.url)))
        self.assertGreater(len(own_id), 8)
        self.assertIn(own_id.encode(), octets)
        for number in range(SUBMISSIONS):
            name = own_id[:-8] + f"{number:08}"
            yield name, octets.replace(own_id.encode(), name.encode())

    def test_no_acknowledged_submission_is_lost(self):
        waiting = list(self.variants())
        acknowledged, lock, current = {}, threading.Lock(), {}

        def submit_all():
            client, url = None, None
            while True:
                with lock:
                    if not waiting:
                        return
                    name, octets = waiting.pop()
                try:
                    if client is None or url != current["url"]:
                        url = current["url"]
                        client = connection(url)
                    client.request("POST", PATH + "submit", octets, {"Content-Type": TYPE})
                    answer = json.loads(client.getresponse().read())
                    self.assertEqual(answer["status"], "success", answer)
                    with lock:
                        acknowledged[name] = answer["corim"]
                except (OSError, http.client.HTTPException):
                    client = None
                    with lock:
                        waiting.append((name, octets))
                    time.sleep(0.02)

        verifier = Verifier(self.folder)
        current["url"] = verifier.url
        clients = [threading.Thread(target=submit_all) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for kill in range(1, KILLS + 1):
            goal = SUBMISSIONS * kill // (KILLS + 2) + random.randrange(20)
            while len(acknowledged) < goal:
                time.sleep(0.002)
            verifier.process.send_signal(signal.SIGKILL)
            verifier.stop()
            with lock:
                promised = dict(acknowledged)
            verifier = Verifier(self.folder)
            present = stored(verifier.url)
            lost = {name for name, corim in promised.items() if present.get(name) != corim}
            self.assertFalse(lost, f"kill {kill}: {len(lost)} of {len(promised)} acknowledged submissions are lost")
            current["url"] = verifier.url
        for client in clients:
            client.join()
        present = stored(verifier.url)
        verifier.stop()
        self.assertEqual(len(acknowledged), SUBMISSIONS)
        self.assertLessEqual(acknowledged.items(), present.items())


if __name__ == "__main__":
    unittest.main(verbosity=2)
