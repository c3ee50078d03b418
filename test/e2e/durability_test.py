"""Nothing that was acknowledged is lost: the verifier, or its database, is killed again and again while CoRIMs are submitted."""
import json
import os
import random
import threading
import time
import unittest
import uuid

from disaster import Client, Lost, OnKilledPostgres, OnPostgres, OnSqlite
from laboratory import CLASS, LibtpmsTpm, Verifier, credence, facts

CLIENTS, PATIENCE = 4, 240
TYPE = 'application/rim+cbor; profile="tag:github.com/parallaxsecond,2023-03-03:tpm"'
PATH = "/endorsement-provisioning/v1/"


class Submissions:
    """What is the same over every store. CREDENCE_DURABILITY_SUBMISSIONS: how many, a thousand without."""

    def setUp(self):
        super().setUp()
        self.count = int(os.environ.get("CREDENCE_DURABILITY_SUBMISSIONS", "1000"))

    def variants(self):
        """CoRIMs of a thousand machines, each of a class of its own: one whose names are replaced."""
        trial = self.folder / "trial"
        trial.mkdir()
        made = credence("endorse", *LibtpmsTpm(trial / "tpm").options(), "--pcrs", "sha256:0,1,2", "--class", CLASS, "-o", trial)
        octets = (trial / "veraison.corim.cbor").read_bytes()
        with Verifier(trial) as verifier, Client() as client:
            credence("provision", trial / "veraison.corim.cbor", "--to", verifier.url)
            _, listed = client.ask(verifier.url, "GET", PATH + "corim")
        own_id = json.loads(listed)["corims"][0]["corim-id"].encode()
        names = own_id, uuid.UUID(CLASS).bytes, bytes.fromhex(facts(made)["instance"])
        for number in range(self.count):
            variant = octets
            for name in names:
                self.assertIn(name, octets)
                # The last octets: what a UUID says of itself is before them.
                variant = variant.replace(name, name[:-6] + f"{number:06}".encode())
            yield (own_id[:-6] + f"{number:06}".encode()).decode(), variant

    def submit_all(self):
        with Client() as client:
            while self.submit_one(client):
                pass

    def submit_one(self, client: Client) -> bool:
        """Whether there was one left."""
        with self.lock:
            if not self.waiting or self.wrong:
                return False
            name, octets = self.waiting.pop()
        try:
            status, content = client.ask(self.verifier.url, "POST", PATH + "submit", octets, TYPE)
        except Lost:
            with self.lock:
                self.waiting.append((name, octets))
            time.sleep(0.02)
            return True
        answer = json.loads(content)
        with self.lock:
            if (status, answer["status"]) == (200, "success"):
                self.acknowledged[name] = answer["corim"]
            else:
                self.wrong.append(answer)
        return True

    def stored(self) -> dict:
        """The CoRIMs that the verifier has, by the ids that they give themselves."""
        return {corim["corim-id"]: corim["id"] for corim in self.get(PATH + "corim")["corims"]}

    def wait_for(self, goal: int):
        deadline = time.monotonic() + PATIENCE
        while len(self.acknowledged) < goal:
            self.assertEqual(self.wrong, [])
            self.assertLess(time.monotonic(), deadline, f"{len(self.acknowledged)} of {self.count} acknowledged")
            time.sleep(0.002)

    def test_no_acknowledged_submission_is_lost(self):
        self.waiting, self.acknowledged, self.wrong, self.lock = list(self.variants()), {}, [], threading.Lock()
        clients = [threading.Thread(target=self.submit_all, daemon=True) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        disasters = self.disasters()
        for number, disaster in enumerate(disasters, 1):
            self.wait_for(self.count * number // (len(disasters) + 2) + random.randrange(self.count // 50 + 1))
            disaster()
            with self.lock:
                promised = dict(self.acknowledged)
            self.recover()
            present = self.stored()
            lost = {name for name, corim in promised.items() if present.get(name) != corim}
            self.assertFalse(lost, f"{disaster.__name__}: {len(lost)} of {len(promised)} acknowledged submissions are lost")
        self.wait_for(self.count)
        for client in clients:
            client.join()
        self.assertEqual(self.acknowledged, self.stored())


class VerifierOnSqlite(Submissions, OnSqlite):
    def disasters(self) -> list:
        return [self.verifier.kill] * 5


class VerifierOnPostgres(Submissions, OnPostgres):
    pass


class KilledPostgres(Submissions, OnKilledPostgres):
    pass


if __name__ == "__main__":
    unittest.main(verbosity=2)
